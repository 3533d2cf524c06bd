"""What plugins of pytest give to tests by name: an argument of such a name would take the fixture's place.

From the plugins' own documentation of their fixtures; only names that code uses for other things, too.
"""

from __future__ import annotations

from collections.abc import Mapping

_WEB = frozenset({"app", "client", "live_server", "accept_json", "accept_any", "config"})
FIXTURES_OF: Mapping[str, frozenset[str]] = {
    "anyio": frozenset({"anyio_backend", "anyio_backend_name", "anyio_backend_options"}),
    "faker": frozenset({"faker"}),
    "pyfakefs": frozenset({"fs", "fs_class", "fs_module", "fs_session", "patcher"}),
    "pytest-aiohttp": frozenset({"aiohttp_client", "aiohttp_server", "loop", "proactor_loop", "unused_port"}),
    "pytest-benchmark": frozenset({"benchmark", "benchmark_weave"}),
    "pytest-datadir": frozenset({"datadir", "original_datadir", "shared_datadir", "lazy_datadir"}),
    "pytest-django": frozenset(
        {
            "admin_client",
            "admin_user",
            "async_client",
            "async_rf",
            "client",
            "db",
            "live_server",
            "mailoutbox",
        }
        | {"rf", "settings", "transactional_db", "django_user_model", "django_username_field"}
    ),
    "pytest-flask": _WEB,
    "pytest-freezer": frozenset({"freezer"}),
    "pytest-httpserver": frozenset({"httpserver", "httpserver_ssl_context"}),
    "pytest-httpx": frozenset({"httpx_mock"}),
    "pytest-mock": frozenset({"mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker"}),
    "pytest-playwright": frozenset({"browser", "browser_name", "base_url", "context", "page", "playwright"}),
    "pytest-postgresql": frozenset({"postgresql", "postgresql_proc"}),
    "pytest-qt": frozenset({"qapp", "qtbot", "qtlog", "qtmodeltester"}),
    "pytest-selenium": frozenset({"driver", "selenium", "capabilities"}),
    "pytest-xdist": frozenset({"worker_id", "testrun_uid"}),
    "requests-mock": frozenset({"requests_mock"}),
}
