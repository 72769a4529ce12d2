"""Compose, the local stack, nginx's template and the settings say the same."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from pydantic import SecretStr

from app.jobs import QUEUES
from app.settings import ENV_PREFIX, Settings, load_settings
from docker.local import REGIONS, REPOSITORY
from docker.local.environment import stack_environment
from docker.local.home import Home
from docker.local.nginx import api_servers, local_variables, render, replicas, stores
from docker.local.ports import CHOICE_PREFIX, Choices, chosen_ports
from docker.local.processes import (
    API,
    THREADS,
    TRANSACTION_LIFETIME,
    WORKER,
    WORKERS,
    all_processes,
    nginx_command,
)
from docker.local.replica_set import REPLICA_SET
from docker.local.servers import Servers, find_servers

DOCKER = REPOSITORY / "docker"
OURS = {"api", "media", "slow", "feeds", "prepare", "store-init"}
SETTINGS = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
REQUIRED = {ENV_PREFIX + n.upper() for n, f in Settings.model_fields.items() if f.is_required()}
COMPOSE_ONLY = {
    *("PHOTOFEED_USER", "PHOTOFEED_IMAGE", "PHOTOFEED_NGINX_IMAGE"),
    "PHOTOFEED_PUBLISHED_ADDRESS",
    *("PHOTOFEED_GATEWAY_PORT", "PHOTOFEED_CDN_PORT"),
    *("PHOTOFEED_MONGODB_CPUS", "PHOTOFEED_MEDIA_CPUS"),
}
Service = dict[str, Any]


@pytest.fixture(scope="module")
def servers() -> Servers:
    return find_servers()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((DOCKER / "compose.yaml").read_text()))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    return cast("dict[str, Service]", compose["services"])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(root=tmp_path / "home")
    made.make()
    return made


def named_in(text: str) -> set[str]:
    return set(re.findall(r"PHOTOFEED_[A-Z0-9_]*[A-Z0-9]", text))


def test_every_variable_is_a_setting_or_nginx_s_own(services: dict[str, Service]) -> None:
    template = named_in((DOCKER / "nginx/nginx.conf.template").read_text())
    assert template == set(local_variables(chosen_ports(Choices()), Path("/x"), "b"))
    assert template == {n for n in services["nginx"]["environment"] if n.startswith(ENV_PREFIX)}
    assert template - SETTINGS == {n for n in template if n.startswith("PHOTOFEED_NGINX_")}
    known = SETTINGS | template | COMPOSE_ONLY
    for file in ("compose.yaml", "Dockerfile", "secrets.sh"):
        assert named_in((DOCKER / file).read_text()) <= known, file
    for module in (DOCKER / "local").glob("*.py"):
        named = {n for n in named_in(module.read_text()) if not n.startswith(CHOICE_PREFIX[:-1])}
        assert named <= known, module.name


def test_every_required_setting_is_given(services: dict[str, Service], home: Home) -> None:
    local = stack_environment(home, chosen_ports(Choices()), {})
    assert set(local) >= REQUIRED
    assert set(local) <= SETTINGS
    for name in OURS:
        given = {n for n in services[name]["environment"] if n.startswith(ENV_PREFIX)}
        secret = {n.upper() for n in services[name]["secrets"]}
        assert given | secret >= REQUIRED, name
        assert given | secret <= SETTINGS, name
        assert not given & secret, name


def test_secrets_are_files_and_no_password_is_written_down(services: dict[str, Service]) -> None:
    kept = {
        ENV_PREFIX + name.upper()
        for name, field in Settings.model_fields.items()
        if SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
    }
    assert {n.upper() for n in services["api"]["secrets"]} == kept
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|_KEY|ROOT_USER", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.startswith("/run/secrets/"), (name, variable)


def test_secrets_script_makes_what_compose_names(tmp_path: Path, compose: dict[str, Any]) -> None:
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    made: list[dict[str, str]] = []
    for _ in ("first", "again"):
        command = ("/bin/sh", tmp_path / "secrets.sh")
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own script
        made.append({f.name: f.read_text() for f in (tmp_path / "secrets").iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == set(compose["secrets"])
    assert all(len(secret) >= 20 for secret in made[0].values())
    for file in (tmp_path / "secrets").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    for server in ("broker", "cache"):
        password = made[0][f"{server}_auth"].split()[1]
        assert made[0][f"photofeed_{server}_url"] == f"redis://:{password}@{server}:6379/0"
    assert f"replicaSet={REPLICA_SET['_id']}&" in made[0]["photofeed_mongodb_url"]


def test_our_processes_understand_what_compose_gives_them(
    services: dict[str, Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    command = ("/bin/sh", tmp_path / "secrets.sh")
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own script
    (tmp_path / "run").mkdir()
    for name in services["api"]["secrets"]:
        shutil.copy(tmp_path / "secrets" / name, tmp_path / "run")
    for name, value in services["api"]["environment"].items():
        monkeypatch.setenv(
            name, re.sub(r"^\$\{\w+:-(.*)\}$|^\$\{.*\}$", r"\1", value) or "http://c"
        )
    monkeypatch.setenv("PHOTOFEED_SECRETS_FOLDER", str(tmp_path / "run"))
    settings = load_settings()
    assert (settings.environment, settings.region) == ("production", "eu")
    assert tuple(settings.object_stores) == REGIONS


def test_the_same_commands_run(services: dict[str, Service], home: Home, servers: Servers) -> None:
    processes = {p.name: p for p in all_processes(home, chosen_ports(Choices()), servers, "b")}
    dockerfile = (DOCKER / "Dockerfile").read_text()
    command = json.loads(dockerfile.rpartition("\nCMD ")[2].replace("\\\n", ""))
    assert command == ["python", *API, "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104
    assert "command" not in services["api"]
    assert services["api"]["deploy"]["replicas"] == 2
    for name in ("api-1", "api-2"):
        assert processes[name].command[1 : len(API) + 1] == API
    for name, queues in WORKERS.items():
        arguments = ("--threads", str(THREADS[name]), "--queues", *queues)
        assert services[name]["command"] == ["python", *WORKER, *arguments]
        assert list(processes[name].command[1:]) == services[name]["command"][1:]
        assert processes[name].environment.items() <= services[name]["environment"].items()
    assert {queue for queues in WORKERS.values() for queue in queues} == set(QUEUES)


def test_redis_and_mongod_run_on_the_same_files(services: dict[str, Service]) -> None:
    for name, policy in (("broker", "noeviction"), ("cache", "allkeys-lru")):
        assert f"./redis/{name}.conf:/{name}.conf:ro" in services[name]["volumes"]
        assert services[name]["command"][:2] == ["valkey-server", f"/{name}.conf"]
        assert f"maxmemory-policy {policy}\n" in (DOCKER / f"redis/{name}.conf").read_text()
    assert "appendfsync everysec" in (DOCKER / "redis/broker.conf").read_text()
    assert REPLICA_SET["_id"] in services["mongodb"]["command"]
    assert TRANSACTION_LIFETIME in services["mongodb"]["command"]
    assert "./mongodb/replica_set.json:/replica_set.json:ro" in services["mongodb-init"]["volumes"]


def test_stores_are_given_the_user_that_signs_uploads(services: dict[str, Service]) -> None:
    assert "./stores/uploader.py:/uploader.py:ro" in services["store-init"]["volumes"]
    assert services["store-init"]["command"] == ["python", "/uploader.py"]
    waited_for = services["prepare"]["depends_on"]
    assert waited_for["store-init"] == {"condition": "service_completed_successfully"}
    for region in REGIONS:
        assert services[f"store-{region}"]["environment"]["MINIO_REGION"] == region
        assert f"store-{region}" in services["store-init"]["depends_on"]


def test_nginx_runs_on_the_same_template(services: dict[str, Service]) -> None:
    given = services["nginx"]["environment"]
    object_stores = json.loads(services["api"]["environment"]["PHOTOFEED_OBJECT_STORES"])
    hosts = {region: url.removeprefix("http://") for region, url in object_stores.items()}
    assert tuple(object_stores) == REGIONS
    assert given["PHOTOFEED_NGINX_API_SERVERS"] == api_servers(["api:8000"])
    assert given["PHOTOFEED_NGINX_STORES"] == stores(hosts)
    assert given["PHOTOFEED_NGINX_REPLICAS"] == replicas(REGIONS)
    assert given["PHOTOFEED_NGINX_REGIONS"] == "|".join(REGIONS)
    assert (
        given["PHOTOFEED_BUCKET_PREFIX"]
        == services["api"]["environment"]["PHOTOFEED_BUCKET_PREFIX"]
    )
    local = local_variables(chosen_ports(Choices()), Path("/x"), "photofeed")
    for limit in ("HEADER_TIMEOUT", "BODY_TIMEOUT", "UPLOAD_MAX_SIZE"):
        assert given[f"PHOTOFEED_NGINX_{limit}"] == local[f"PHOTOFEED_NGINX_{limit}"], limit
    mounted = "./nginx/nginx.conf.template:/etc/nginx/templates/nginx.conf.template:ro"
    assert mounted in services["nginx"]["volumes"]


@pytest.mark.parametrize("where", ["local", "compose"])
def test_nginx_accepts_the_rendered_template(
    where: str, home: Home, services: dict[str, Service], servers: Servers
) -> None:
    variables = local_variables(chosen_ports(Choices()), home.run, "photofeed")
    if where == "compose":
        variables |= services["nginx"]["environment"] | {"PHOTOFEED_NGINX_FOLDER": str(home.run)}
        variables["PHOTOFEED_CDN_URL"] = "https://cdn.example.org/pictures"
        variables["PHOTOFEED_UPLOAD_URL"] = ""
        variables["PHOTOFEED_NGINX_CACHE_MAX_SIZE"] = "10g"
        variables["PHOTOFEED_NGINX_CACHE_MIN_FREE"] = "1g"
        variables["PHOTOFEED_NGINX_ALLOWED_ORIGINS"] = "https://app.example.org 1;"
        variables["PHOTOFEED_NGINX_TRUSTED_PROXY"] = "10.0.0.0/8"
    configuration = render(variables)
    assert "PHOTOFEED" not in configuration
    (home.run / "nginx.conf").write_text(configuration)
    command = (*nginx_command(home, servers.nginx), "-t")
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert said.returncode == 0, said.stderr
    assert "[warn]" not in said.stderr


def test_an_upload_of_the_largest_photo_passes_nginx(services: dict[str, Service]) -> None:
    megabytes = int(services["nginx"]["environment"]["PHOTOFEED_NGINX_UPLOAD_MAX_SIZE"][:-1])
    assert megabytes * 1024**2 > Settings.model_fields["image_max_bytes"].default + 1024**2


def test_nothing_is_published_but_nginx(compose: dict[str, Any]) -> None:
    services: dict[str, Service] = compose["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    outside = {n for n, network in compose["networks"].items() if not network.get("internal")}
    for name, service in services.items():
        assert outside.isdisjoint(service.get("networks", ())) == (name != "nginx"), name
        assert service.get("network_mode", "none") in {"none", "service:mongodb"}


def test_every_container_is_confined(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "pids_limit", "cpus", "restart"} <= set(service), name
        assert "healthcheck" in service or name == "api", name  # the image brings the API's
        if name != "volumes":
            assert service["user"].startswith("${PHOTOFEED_USER:?"), name
            assert "cap_add" not in service, name


def test_images_are_pinned_by_digest(services: dict[str, Service]) -> None:
    images = {service["image"] for service in services.values()}
    images |= set(re.findall(r"^ARG \w+=(\S+)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE))
    images -= {"${PHOTOFEED_IMAGE:-photofeed:local}"}
    images -= {"${PHOTOFEED_NGINX_IMAGE:-photofeed-nginx:local}"}
    for image in images:
        assert re.search(r":[\w.-]+@sha256:[0-9a-f]{64}\}?$", image), image
