"""The log's transactions count on after a restore into another server, which numbers its own from the beginning."""

from django.db import migrations, models

import lianfang.base.models

COUNT = """
CREATE FUNCTION lianfang_transactions_before() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0003_envelopes_to_settle")]
    operations = [
        migrations.RunSQL(COUNT, "DROP FUNCTION lianfang_transactions_before();"),
        migrations.AlterField(
            model_name="logentry",
            name="transaction",
            field=models.BigIntegerField(db_default=lianfang.base.models.LoggedTransaction()),
        ),
    ]
