/** Where the app begins. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ErrorBoundary } from "react-error-boundary";
import { Provider } from "urql";

import type { Watched } from "./device/watched";
import { App } from "./frame/App";
import { Broken } from "./frame/Broken";
import { SurroundingsContext, useWatched, type Surroundings } from "./frame/context";
import { trustOwnScripts } from "./frame/trust";
import { register, type Update } from "./pictures/register";
import { createSurroundings } from "./wiring";

interface RootProps {
  surroundings: Watched<Surroundings>;
  update: Watched<Update>;
}

function Root({ surroundings, update }: RootProps) {
  const around = useWatched(surroundings);
  const onUpdate = useWatched(update);
  return (
    <ErrorBoundary FallbackComponent={Broken}>
      <SurroundingsContext value={around}>
        <Provider value={around.client}>
          {/* Nothing that a page holds is there for whoever signs in next. */}
          <App key={around.signedIn?.viewer.id} onUpdate={onUpdate} />
        </Provider>
      </SurroundingsContext>
    </ErrorBoundary>
  );
}

trustOwnScripts();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Root surroundings={createSurroundings()} update={register()} />
    </StrictMode>,
  );
}
