/** The app as a whole: the frame, and the page that the address names. */

import { Suspense } from "react";
import { ErrorBoundary } from "react-error-boundary";
import { useLocation } from "wouter";

import { announced } from "../ui/announce";
import { Progress } from "../ui/Progress";
import styles from "./App.module.css";
import { Broken } from "./Broken";
import { useWatched } from "./context";
import { Floating } from "./Floating";
import { Header } from "./Header";
import { Routes } from "./Routes";
import { ScrollToTop } from "./Scroll";

const MAIN_ID = "main";

interface AppProps {
  /** Makes a new version of the app the one that runs; null while there is none. */
  onUpdate: (() => void) | null;
}

export function App({ onUpdate }: AppProps) {
  const [path] = useLocation();
  return (
    <>
      <a className={styles.skip} href={`#${MAIN_ID}`}>
        Skip to the page
      </a>
      <Header />
      <ScrollToTop />
      <main id={MAIN_ID} className={styles.main} tabIndex={-1}>
        <ErrorBoundary FallbackComponent={Broken} resetKeys={[path]}>
          <Suspense fallback={<Waiting />}>
            <Routes />
          </Suspense>
        </ErrorBoundary>
      </main>
      <Floating onUpdate={onUpdate} />
      <Said />
    </>
  );
}

/** Seen only by those who wait for long. */
function Waiting() {
  return (
    <div className={styles.waiting}>
      <Progress label="Loading the page" value={null} />
    </div>
  );
}

function Said() {
  return (
    <div className={styles.said} role="status" aria-live="polite">
      {useWatched(announced)}
    </div>
  );
}
