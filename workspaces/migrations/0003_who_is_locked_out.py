"""Memberships say whether the person is locked out, as they say name and e-mail address (0002, 5):
so what pages say of the people of a company changes with it."""

from django.db import migrations, models

TRIGGERS = """
create or replace function workspaces_copy_person() returns trigger language plpgsql as $$
begin
    select name, email, is_active into new.name, new.email, new.active from users where id = new.user_id;
    return new;
end
$$;

drop trigger copy_person on memberships;
create trigger copy_person before insert or update of user_id, name, email, active on memberships
    for each row execute function workspaces_copy_person();

create or replace function workspaces_pass_on_person() returns trigger language plpgsql as $$
begin
    update memberships set name = new.name, email = new.email, active = new.is_active
        where user_id = new.id;
    return null;
end
$$;

drop trigger pass_on_person on users;
create trigger pass_on_person after update of name, email, is_active on users for each row
    when ((old.name, old.email, old.is_active) is distinct from (new.name, new.email, new.is_active))
    execute function workspaces_pass_on_person();

update memberships set active = false where user_id in (select id from users where not is_active);
"""

NO_TRIGGERS = """
create or replace function workspaces_copy_person() returns trigger language plpgsql as $$
begin
    select name, email into new.name, new.email from users where id = new.user_id;
    return new;
end
$$;

drop trigger copy_person on memberships;
create trigger copy_person before insert or update of user_id, name, email on memberships
    for each row execute function workspaces_copy_person();

create or replace function workspaces_pass_on_person() returns trigger language plpgsql as $$
begin
    update memberships set name = new.name, email = new.email where user_id = new.id;
    return null;
end
$$;

drop trigger pass_on_person on users;
create trigger pass_on_person after update of name, email on users for each row
    when ((old.name, old.email) is distinct from (new.name, new.email))
    execute function workspaces_pass_on_person();
"""


class Migration(migrations.Migration):
    """One column, and the triggers that keep it true."""

    dependencies = [("workspaces", "0002_rules")]

    operations = [
        migrations.AddField(
            "membership", "active", models.BooleanField(db_default=True, editable=False)
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
