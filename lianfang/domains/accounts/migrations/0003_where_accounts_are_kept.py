from django.db import migrations

# An account known before is kept where its first post is.
KEPT = """
UPDATE accounts_account a SET area_id = g.area_id FROM (
    SELECT DISTINCT ON (account_id) account_id, area_id FROM accounts_rolegrant ORDER BY account_id, from_at, id
) g WHERE g.account_id = a.id AND a.area_id IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_bodies_and_incidents'),
    ]

    operations = [
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
    ]
