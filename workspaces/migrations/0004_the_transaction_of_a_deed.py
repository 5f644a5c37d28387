"""The audit log says in which transaction an entry was written.

First without a default: what is there already was not written in the migration's own.
"""

from django.db import migrations, models
from django.db.models.functions import Cast

import electric_sync.models


class Migration(migrations.Migration):
    dependencies = [
        ("electric_sync", "0002_rows_of_control"),
        ("workspaces", "0003_who_is_locked_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditlog",
            name="xid",
            field=models.BigIntegerField("transaction", db_index=True, null=True),
        ),
        migrations.AlterField(
            model_name="auditlog",
            name="xid",
            field=models.BigIntegerField(
                "transaction",
                db_index=True,
                db_default=Cast(
                    Cast(electric_sync.models.CurrentTransaction(), models.TextField()),
                    models.BigIntegerField(),
                ),
                null=True,
            ),
        ),
    ]
