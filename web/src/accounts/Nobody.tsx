/** A username that nobody has. */

import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";

export function Nobody({ username }: { username: string }) {
  return (
    <Page title={`Nobody is called @${username}`}>
      <p>The name may be mistyped, or the account is gone.</p>
      <p>
        <ButtonLink href="/people">Find people</ButtonLink>
      </p>
    </Page>
  );
}
