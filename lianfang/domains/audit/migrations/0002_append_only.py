"""Reads of personal data are append-only too."""

from django.db import migrations

FORBID = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_personread
    FOR EACH STATEMENT EXECUTE FUNCTION lianfang_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("base", "0002_append_only")]
    operations = [migrations.RunSQL(FORBID, "DROP TRIGGER append_only ON audit_personread;")]
