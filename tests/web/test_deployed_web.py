"""The compose deployment serves the web app, and its API trusts what that asks."""

import re

from tests.unit.test_deployment import DOCKER, Service, compose, services

__all__ = ["compose", "services"]


def test_nginx_serves_the_web_app_whose_documents_the_api_trusts(
    services: dict[str, Service],
) -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text()
    folder = services["nginx"]["environment"]["PHOTOFEED_NGINX_WEB_FOLDER"]
    assert services["nginx"]["build"]["target"] == "nginx"
    assert f"COPY --from=web /build/web/dist {folder}\n" in dockerfile
    (documents,) = re.findall(r"PHOTOFEED_TRUSTED_DOCUMENTS_FILE=(\S+)", dockerfile)
    assert f"/src/gql/persisted-documents.json {documents}\n" in dockerfile
    for name in ("PHOTOFEED_CDN_URL", "PHOTOFEED_UPLOAD_URL"):
        ours = {services[each]["environment"][name] for each in ("api", "nginx")}
        assert len(ours) == 1, name
