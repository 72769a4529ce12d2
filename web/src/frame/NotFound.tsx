/** An address that leads nowhere. */

import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";

export function NotFound() {
  return (
    <Page title="There is nothing here">
      <p>The address may be mistyped, or what was here is gone.</p>
      <p>
        <ButtonLink href="/">Go to the feed</ButtonLink>
      </p>
    </Page>
  );
}
