"""Settings are read once, and say what is missing or wrong, never what it was."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.settings import ENV_PREFIX, Settings, load_settings

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"
GOOD: Mapping[str, str] = {
    "region": "eu",
    "mongodb_url": "mongodb://localhost/",
    "broker_url": "redis://localhost/0",
    "cache_url": "redis://localhost/1",
    "object_stores": '{"eu": "http://localhost:9000", "us": "http://localhost:9001"}',
    "object_store_access_key": "access",
    "object_store_secret_key": "secret",
    "object_store_upload_access_key": "upload-access",
    "object_store_upload_secret_key": "upload-secret",
    "cdn_url": "http://localhost:8081",
    "token_secret": SECRET,
}
REQUIRED = [name for name, field in Settings.model_fields.items() if field.is_required()]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment with good settings and no others, and an empty secrets folder."""
    for name in Settings.model_fields:
        monkeypatch.delenv(ENV_PREFIX + name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(ENV_PREFIX + name.upper(), value)
    monkeypatch.setenv(f"{ENV_PREFIX}SECRETS_FOLDER", str(tmp_path))
    return tmp_path


def test_good_settings_are_read() -> None:
    settings = load_settings()
    assert settings.region == "eu"
    assert str(settings.object_stores["us"]) == "http://localhost:9001/"
    assert settings.bucket("us") == "photofeed-us"
    assert settings.environment == "production"
    assert settings.token_secret.get_secret_value() == SECRET


def test_the_table_of_required_settings_is_whole() -> None:
    assert sorted(REQUIRED) == sorted(GOOD)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("is_empty", [False, True], ids=["missing", "empty"])
def test_a_missing_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, *, is_empty: bool
) -> None:
    monkeypatch.delenv(ENV_PREFIX + name.upper())
    if is_empty:
        monkeypatch.setenv(ENV_PREFIX + name.upper(), "")
    with pytest.raises(ConfigurationError, match=rf"^Setting {ENV_PREFIX}{name.upper()}: "):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("environment", "staging-x7", "ENVIRONMENT"),
        ("region", "Europe-x7", "REGION"),
        ("region", "x7x7", "OBJECT_STORES"),
        ("log_level", "LOUD-x7", "LOG_LEVEL"),
        ("object_stores", "http://x7", "OBJECT_STORES"),
        ("object_stores", '["x7"]', "OBJECT_STORES"),
        ("object_stores", '{"eu": "x7"}', "OBJECT_STORES.EU"),
        ("cdn_url", "ftp://x7", "CDN_URL"),
        ("token_secret", "short-x7", "TOKEN_SECRET"),
        ("access_token_seconds", "x7", "ACCESS_TOKEN_SECONDS"),
        ("access_token_seconds", "0", "ACCESS_TOKEN_SECONDS"),
        ("timeline_max_posts", "-77", "TIMELINE_MAX_POSTS"),
        ("cache_timeout_seconds", "0", "CACHE_TIMEOUT_SECONDS"),
        ("allowed_origins", "https://x7", "ALLOWED_ORIGINS"),
    ],
)
def test_a_wrong_setting_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str
) -> None:
    monkeypatch.setenv(ENV_PREFIX + name.upper(), value)
    with pytest.raises(ConfigurationError, match=rf"^Setting {ENV_PREFIX}{named}: ") as wrong:
        load_settings()
    assert "x7" not in str(wrong.value)
    assert "77" not in str(wrong.value)
    assert wrong.value.__suppress_context__


def test_lists_and_tables_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{ENV_PREFIX}ALLOWED_ORIGINS", '["https://a.example"]')
    assert load_settings().allowed_origins == ("https://a.example",)


def test_the_partner_of_a_region_is_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = '{"eu": "http://localhost:1", "us": "http://localhost:2", "ap": "http://localhost:3"}'
    monkeypatch.setenv(f"{ENV_PREFIX}OBJECT_STORES", stores)
    settings = load_settings()
    assert [settings.partner(region) for region in settings.object_stores] == ["us", "ap", "eu"]


def test_a_region_without_others_has_no_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().partner("gone") is None
    monkeypatch.setenv(f"{ENV_PREFIX}OBJECT_STORES", '{"eu": "http://localhost:1"}')
    assert load_settings().partner("eu") is None


def test_a_store_calls_its_region_as_we_do_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().signing_region("eu") == "eu"
    monkeypatch.setenv(f"{ENV_PREFIX}OBJECT_STORE_SIGNING_REGIONS", '{"eu": "eu-west-1"}')
    settings = load_settings()
    assert [settings.signing_region(region) for region in ("eu", "us")] == ["eu-west-1", "us"]


def test_a_setting_may_be_a_file(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("token_secret", "object_stores"):
        monkeypatch.delenv(ENV_PREFIX + name.upper())
        (folder / f"{ENV_PREFIX}{name}".upper()).write_text(GOOD[name] + "\n")
    settings = load_settings()
    assert settings.token_secret.get_secret_value() == SECRET
    assert set(settings.object_stores) == {"eu", "us"}


def test_a_wrong_file_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.delenv(f"{ENV_PREFIX}OBJECT_STORES")
    (folder / f"{ENV_PREFIX}OBJECT_STORES").write_text("x7")
    with pytest.raises(ConfigurationError, match="OBJECT_STORES") as wrong:
        load_settings()
    assert "x7" not in str(wrong.value)


def test_an_empty_file_is_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.delenv(f"{ENV_PREFIX}MONGODB_URL")
    (folder / f"{ENV_PREFIX}MONGODB_URL").write_text("\n")
    with pytest.raises(ConfigurationError, match=f"^Setting {ENV_PREFIX}MONGODB_URL: "):
        load_settings()


def test_the_environment_wins_over_a_file(folder: Path) -> None:
    (folder / f"{ENV_PREFIX}REGION").write_text("us")
    assert load_settings().region == "eu"


def test_a_secrets_folder_that_is_not_there_is_no_mistake(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv(f"{ENV_PREFIX}SECRETS_FOLDER", str(folder / "nowhere"))
    assert load_settings().region == "eu"


def test_secrets_are_not_printed() -> None:
    printed = repr(load_settings())
    for name in ("mongodb_url", "broker_url", "cache_url", "token_secret"):
        assert GOOD[name] not in printed
    assert "object_store_secret_key=SecretStr('**********')" in printed
