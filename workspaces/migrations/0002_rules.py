"""The rules that no road may break, kept by PostgreSQL itself.

1. *Place.* ``company_id`` and ``workspace_id`` of every row are true: composite foreign keys tie them to
   the parent's. ``ON UPDATE CASCADE`` takes all that is in a table along when it moves. Deletes cascade here.
2. *Filling in.* Whoever inserts in psql need not know place and position: what is left out is taken from
   the parent, and the position is the one after the last.
3. *Positions* are well-formed fractional keys, so that there is always room between two of them.
4. *Owners.* A company that has lost its last owner cannot be committed.
5. *People.* Memberships repeat the person's name and e-mail address, always the present ones.
6. *Rows* know when they were last changed; cells are always one JSON object.
7. *The audit log* names who did it, is never changed, and only goes when its company goes.
"""

from django.db import migrations

PLACES = """
alter table memberships
    add constraint memberships_company foreign key (company_id) references companies on delete cascade,
    add constraint memberships_user foreign key (user_id) references users on delete cascade;

alter table workspaces
    add constraint workspaces_company foreign key (company_id) references companies on delete cascade;

alter table workspace_grants
    add constraint workspace_grants_workspace foreign key (workspace_id, company_id)
        references workspaces (id, company_id) on delete cascade,
    add constraint workspace_grants_membership foreign key (company_id, user_id)
        references memberships (company_id, user_id) on delete cascade;

alter table data_tables
    add constraint data_tables_workspace foreign key (workspace_id, company_id)
        references workspaces (id, company_id) on delete cascade;

alter table data_table_columns
    add constraint data_table_columns_table foreign key (table_id, workspace_id, company_id)
        references data_tables (id, workspace_id, company_id) on update cascade on delete cascade;

alter table data_table_views
    add constraint data_table_views_table foreign key (table_id, workspace_id, company_id)
        references data_tables (id, workspace_id, company_id) on update cascade on delete cascade;

alter table data_table_rows
    add constraint data_table_rows_table foreign key (table_id, workspace_id, company_id)
        references data_tables (id, workspace_id, company_id) on update cascade on delete cascade;

alter table data_table_trashed_rows
    add constraint data_table_trashed_rows_table foreign key (table_id, workspace_id, company_id)
        references data_tables (id, workspace_id, company_id) on update cascade on delete cascade;

alter table audit_logs
    add constraint audit_logs_company foreign key (company_id) references companies on delete cascade;
"""

NO_PLACES = """
alter table audit_logs drop constraint audit_logs_company;
alter table data_table_trashed_rows drop constraint data_table_trashed_rows_table;
alter table data_table_rows drop constraint data_table_rows_table;
alter table data_table_views drop constraint data_table_views_table;
alter table data_table_columns drop constraint data_table_columns_table;
alter table data_tables drop constraint data_tables_workspace;
alter table workspace_grants
    drop constraint workspace_grants_workspace, drop constraint workspace_grants_membership;
alter table workspaces drop constraint workspaces_company;
alter table memberships drop constraint memberships_company, drop constraint memberships_user;
"""

# The key after `last`, as workspaces.positions.between(last, None) makes it. A test compares the two.
POSITIONS = """
create function workspaces_integer_length(key text) returns int immutable strict parallel safe
    language sql as $$
    select case when ascii(key) >= ascii('a') then ascii(key) - 95 else 92 - ascii(key) end
$$;

create function workspaces_position_after(last text) returns text immutable parallel safe language plpgsql as $$
declare
    digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    head text;
    tail text;
    at int;
    digit int;
begin
    if last is null then
        return 'a0';
    end if;
    head := left(last, 1);
    tail := substr(last, 2, workspaces_integer_length(last) - 1);
    at := length(tail);
    while at > 0 loop
        digit := strpos(digits, substr(tail, at, 1));  -- 1 to 62
        if digit < 62 then
            return head || left(tail, at - 1) || substr(digits, digit + 1, 1) || substr(tail, at + 1);
        end if;
        tail := overlay(tail placing '0' from at);
        at := at - 1;
    end loop;
    if head = 'Z' then
        return 'a0';
    elsif head = 'z' then
        raise exception 'There is no position after %', last;
    elsif ascii(head) >= ascii('a') then
        return chr(ascii(head) + 1) || tail || '0';
    else
        return chr(ascii(head) + 1) || left(tail, -1);
    end if;
end
$$;
"""

NO_POSITIONS = """
drop function workspaces_position_after(text);
drop function workspaces_integer_length(text);
"""

ORDERED = ("workspaces", "data_tables", "data_table_columns", "data_table_views", "data_table_rows")

WELL_FORMED = """
alter table {table} add constraint {table}_position check (
    position ~ '^[A-Za-z][0-9A-Za-z]+$' and length(position) >= workspaces_integer_length(position)
    and (length(position) = workspaces_integer_length(position) or right(position, 1) <> '0'));
"""

NOT_WELL_FORMED = "alter table {table} drop constraint {table}_position;"

FILLING_IN = """
create function workspaces_fill_in_table() returns trigger language plpgsql as $$
begin
    if new.company_id is null then
        select company_id into new.company_id from workspaces where id = new.workspace_id;
    end if;
    if coalesce(new.position, '') = '' then
        select workspaces_position_after(max(position)) into new.position
            from data_tables where workspace_id = new.workspace_id;
    end if;
    return new;
end
$$;

create function workspaces_fill_in_workspace() returns trigger language plpgsql as $$
begin
    select workspaces_position_after(max(position)) into new.position
        from workspaces where company_id = new.company_id;
    return new;
end
$$;

create function workspaces_fill_in_grant() returns trigger language plpgsql as $$
begin
    select company_id into new.company_id from workspaces where id = new.workspace_id;
    return new;
end
$$;

create function workspaces_fill_in_part() returns trigger language plpgsql as $$
begin
    if new.company_id is null or new.workspace_id is null then
        select coalesce(new.company_id, company_id), coalesce(new.workspace_id, workspace_id)
            into new.company_id, new.workspace_id from data_tables where id = new.table_id;
    end if;
    if coalesce(new.position, '') = '' then
        execute format('select workspaces_position_after(max(position)) from %I where table_id = $1', tg_table_name)
            into new.position using new.table_id;
    end if;
    return new;
end
$$;

create trigger fill_in before insert on workspaces for each row
    when (coalesce(new.position, '') = '') execute function workspaces_fill_in_workspace();
create trigger fill_in before insert on workspace_grants for each row
    when (new.company_id is null) execute function workspaces_fill_in_grant();
create trigger fill_in before insert on data_tables for each row
    when (new.company_id is null or coalesce(new.position, '') = '') execute function workspaces_fill_in_table();
create trigger fill_in before insert on data_table_columns for each row
    when (new.company_id is null or new.workspace_id is null or coalesce(new.position, '') = '')
    execute function workspaces_fill_in_part();
create trigger fill_in before insert on data_table_views for each row
    when (new.company_id is null or new.workspace_id is null or coalesce(new.position, '') = '')
    execute function workspaces_fill_in_part();
create trigger fill_in before insert on data_table_rows for each row
    when (new.company_id is null or new.workspace_id is null or coalesce(new.position, '') = '')
    execute function workspaces_fill_in_part();
"""

NO_FILLING_IN = """
drop trigger fill_in on data_table_rows;
drop trigger fill_in on data_table_views;
drop trigger fill_in on data_table_columns;
drop trigger fill_in on data_tables;
drop trigger fill_in on workspace_grants;
drop trigger fill_in on workspaces;
drop function workspaces_fill_in_part();
drop function workspaces_fill_in_grant();
drop function workspaces_fill_in_workspace();
drop function workspaces_fill_in_table();
"""

# Deferred: within a transaction the owner may change. The company's row is locked first, so two owners
# who remove each other wait for one another and the second finds nobody left. Where a transaction reads
# from one snapshot, a lock alone would not show it the other's commit: there the row is updated, which
# makes PostgreSQL refuse the second with a serialization failure.
OWNERS = """
create function workspaces_keep_an_owner() returns trigger language plpgsql as $$
begin
    if current_setting('transaction_isolation') = 'read committed' then
        perform from companies where id = old.company_id for no key update;
    else
        update companies set name = name where id = old.company_id;
    end if;
    if found and not exists (select from memberships where company_id = old.company_id and role = 'owner') then
        raise exception 'A company needs at least one owner.'
            using errcode = 'check_violation', constraint = 'memberships_owner', table = 'memberships',
                  hint = 'Make somebody else an owner first.';
    end if;
    return null;
end
$$;

create constraint trigger keep_an_owner after delete or update of role, company_id on memberships
    deferrable initially deferred for each row
    when (old.role = 'owner') execute function workspaces_keep_an_owner();
"""

NO_OWNERS = """
drop trigger keep_an_owner on memberships;
drop function workspaces_keep_an_owner();
"""

PEOPLE = """
create function workspaces_copy_person() returns trigger language plpgsql as $$
begin
    select name, email into new.name, new.email from users where id = new.user_id;
    return new;
end
$$;

create trigger copy_person before insert or update of user_id, name, email on memberships
    for each row execute function workspaces_copy_person();

create function workspaces_pass_on_person() returns trigger language plpgsql as $$
begin
    update memberships set name = new.name, email = new.email where user_id = new.id;
    return null;
end
$$;

create trigger pass_on_person after update of name, email on users for each row
    when ((old.name, old.email) is distinct from (new.name, new.email))
    execute function workspaces_pass_on_person();
"""

NO_PEOPLE = """
drop trigger pass_on_person on users;
drop function workspaces_pass_on_person();
drop trigger copy_person on memberships;
drop function workspaces_copy_person();
"""

ROWS = """
alter table data_table_rows add constraint data_table_rows_cells check (jsonb_typeof(cells) = 'object');
alter table data_table_columns add constraint data_table_columns_options check (jsonb_typeof(options) = 'object');

create function workspaces_mark_changed() returns trigger language plpgsql as $$
begin
    new.updated_at = now();
    return new;
end
$$;

create trigger mark_changed before update of cells, position on data_table_rows for each row
    when ((old.cells, old.position) is distinct from (new.cells, new.position))
    execute function workspaces_mark_changed();
"""

NO_ROWS = """
drop trigger mark_changed on data_table_rows;
drop function workspaces_mark_changed();
alter table data_table_columns drop constraint data_table_columns_options;
alter table data_table_rows drop constraint data_table_rows_cells;
"""

AUDIT_LOG = """
create function workspaces_keep_audit_log() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and not exists (select from companies where id = old.company_id) then
        return old;
    end if;
    raise exception 'The audit log is not changed.' using errcode = 'restrict_violation', table = 'audit_logs';
end
$$;

create trigger keep_audit_log before update or delete on audit_logs
    for each row execute function workspaces_keep_audit_log();

create function workspaces_name_the_actor() returns trigger language plpgsql as $$
begin
    select coalesce(max(name), '') into new.user_name from users where id = new.user_id;
    return new;
end
$$;

create trigger name_the_actor before insert on audit_logs
    for each row when (new.user_name = '') execute function workspaces_name_the_actor();
"""

NO_AUDIT_LOG = """
drop trigger name_the_actor on audit_logs;
drop function workspaces_name_the_actor();
drop trigger keep_audit_log on audit_logs;
drop function workspaces_keep_audit_log();
"""


class Migration(migrations.Migration):
    """One step a rule, each with its way back."""

    dependencies = [("workspaces", "0001_initial")]

    operations = [
        migrations.RunSQL(PLACES, NO_PLACES),
        migrations.RunSQL(POSITIONS, NO_POSITIONS),
        *(
            migrations.RunSQL(WELL_FORMED.format(table=t), NOT_WELL_FORMED.format(table=t))
            for t in ORDERED
        ),
        migrations.RunSQL(FILLING_IN, NO_FILLING_IN),
        migrations.RunSQL(OWNERS, NO_OWNERS),
        migrations.RunSQL(PEOPLE, NO_PEOPLE),
        migrations.RunSQL(ROWS, NO_ROWS),
        migrations.RunSQL(AUDIT_LOG, NO_AUDIT_LOG),
    ]
