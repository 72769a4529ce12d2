"""Settings of an account, and its end, as tests ask for them."""

from typing import Any, Final

from tests.client import ERRORS, PASSWORD, Person

DELETE_ACCOUNT: Final = f"""mutation($input: DeleteAccountInput!) {{
  deleteAccount(input: $input) {{ userId {ERRORS} }} }}"""
UPDATE_SETTINGS: Final = f"""mutation($input: UpdateSettingsInput!) {{
  updateSettings(input: $input) {{ viewer {{ id settings {{ altTextRequired }} }} {ERRORS} }} }}"""


async def delete_account(person: Person, password: str = PASSWORD) -> Any:
    """Ask for the end of somebody's account; returns the payload."""
    return (await person.ask(DELETE_ACCOUNT, input={"password": password}))["deleteAccount"]


async def update_settings(person: Person, **settings: Any) -> Any:
    """Set something for somebody's account; returns the payload."""
    return (await person.ask(UPDATE_SETTINGS, input=settings))["updateSettings"]
