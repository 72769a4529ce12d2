/** How one's account behaves, and leaving it. */

import { useSignedIn } from "../frame/context";
import { Page } from "../ui/Page";
import { AltTextSetting } from "./AltTextSetting";
import { DeleteAccount } from "./DeleteAccount";
import { SettingsSection } from "./SettingsSection";
import { SignOut } from "./SignOut";

export function Settings() {
  const { displayName, username } = useSignedIn().viewer;
  return (
    <Page title="Settings">
      <SettingsSection title="Your photos">
        <AltTextSetting />
      </SettingsSection>
      <SettingsSection title="This device">
        <p>
          You are signed in as <strong>{displayName}</strong> (@{username}).
        </p>
        <SignOut />
      </SettingsSection>
      <SettingsSection title="Leaving for good">
        <DeleteAccount />
      </SettingsSection>
    </Page>
  );
}
