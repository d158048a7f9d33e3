"""The log is append-only: the database itself refuses to change or remove an entry."""

from django.db import migrations

FORBID = """
CREATE FUNCTION lianfang_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON base_logentry
    FOR EACH STATEMENT EXECUTE FUNCTION lianfang_append_only();
"""
ALLOW = "DROP TRIGGER append_only ON base_logentry; DROP FUNCTION lianfang_append_only();"


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
