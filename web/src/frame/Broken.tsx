/** What is shown in place of a page that failed. */

import { Button } from "../ui/Button";
import { Page } from "../ui/Page";
import { useWatched } from "./context";
import { online } from "./online";

export function Broken() {
  const isOnline = useWatched(online);
  return (
    <Page title="This page did not work">
      <p>
        {isOnline
          ? "It is our fault. What you have done is kept; please try again."
          : "It was never opened on this device, and you are offline. Please try again when you are back."}
      </p>
      <p>
        {/* All of it anew: what failed may be a file of an earlier version. */}
        <Button
          onClick={() => {
            location.reload();
          }}
        >
          Try again
        </Button>
      </p>
    </Page>
  );
}
