import uuid

import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import electric_sync.models


class Migration(migrations.Migration):
    dependencies = [
        ("electric_sync", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LiveSocket",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("tenant", models.TextField(blank=True)),
                (
                    "process",
                    models.TextField(db_index=True, help_text="Machine, process and a random end."),
                ),
                ("since", models.DateTimeField()),
                (
                    "seen_at",
                    models.DateTimeField(
                        help_text="When its process last wrote this row.", verbose_name="last seen"
                    ),
                ),
                (
                    "subscriptions",
                    models.IntegerField(default=0, help_text="Live views on the page."),
                ),
                ("last_event", models.TextField(blank=True)),
                ("last_event_at", models.DateTimeField(blank=True, null=True)),
                (
                    "version",
                    models.TextField(
                        blank=True, help_text="Data version of what the page may show."
                    ),
                ),
                (
                    "confirmed",
                    models.TextField(
                        blank=True,
                        help_text="Snapshot up to which the page has said that it shows nothing else.",
                        null=True,
                    ),
                ),
                ("refused", models.IntegerField(default=0)),
            ],
            options={
                "verbose_name": "connected page",
                "ordering": ("-since",),
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tenant", models.TextField(blank=True)),
                ("user", models.TextField(help_text="Key of the person.")),
                ("session_id", models.UUIDField()),
                ("user_agent", models.TextField(blank=True)),
                (
                    "xid",
                    models.BigIntegerField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.comparison.Cast(
                                electric_sync.models.CurrentTransaction(), models.TextField()
                            ),
                            models.BigIntegerField(),
                        ),
                        db_index=True,
                        verbose_name="transaction",
                    ),
                ),
                (
                    "raised_at",
                    models.DateTimeField(
                        db_default=electric_sync.models.Clock(),
                        db_index=True,
                        verbose_name="changed at",
                    ),
                ),
                ("cleared_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ResyncRequest",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tenant", models.TextField(blank=True, null=True)),
                ("user", models.TextField(blank=True, null=True)),
                (
                    "params",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                ("reason", models.TextField()),
                ("requested_by", models.TextField(db_default="")),
                (
                    "xid",
                    models.BigIntegerField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.comparison.Cast(
                                electric_sync.models.CurrentTransaction(), models.TextField()
                            ),
                            models.BigIntegerField(),
                        ),
                        db_index=True,
                        verbose_name="transaction",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), db_index=True
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="usersession",
            name="last_seen_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When one of its pages was last connected.",
                null=True,
                verbose_name="last seen",
            ),
        ),
        migrations.AddField(
            model_name="usersession",
            name="refused",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="Subscriptions with a token that was tampered with, or somebody else's.",
            ),
        ),
        migrations.AlterField(
            model_name="accesslog",
            name="xid",
            field=models.BigIntegerField(
                db_default=django.db.models.functions.comparison.Cast(
                    django.db.models.functions.comparison.Cast(
                        electric_sync.models.CurrentTransaction(), models.TextField()
                    ),
                    models.BigIntegerField(),
                ),
                db_index=True,
                verbose_name="transaction",
            ),
        ),
        migrations.AddIndex(
            model_name="usersession",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["tenant"],
                name="user_session_tenant",
            ),
        ),
        migrations.AddField(
            model_name="livesocket",
            name="session",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sockets",
                to="electric_sync.usersession",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                condition=models.Q(("cleared_at", None)),
                fields=["session_id"],
                name="receipt_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["tenant", "-id"], name="receipt_of_tenant"),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["tenant", "user", "-id"], name="receipt_of_user"),
        ),
    ]
