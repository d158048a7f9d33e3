from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('base', '0006_envelope_quarantined'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('n', models.IntegerField()),
                ('until_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunSQL("ALTER TABLE base_tries SET UNLOGGED", "ALTER TABLE base_tries SET LOGGED"),
    ]
