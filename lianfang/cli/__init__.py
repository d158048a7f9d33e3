"""The `lianfang` command and the scheduled jobs."""
