/** Which page an address shows, and to whom. */

import { lazy, type ReactNode } from "react";
import { Redirect, Route, Switch, useLocation, useSearchParams } from "wouter";

import { FeedPage } from "../feed/FeedPage";
import { useSurroundings } from "./context";
import { signInPath, pathAfter } from "./next";
import { NotFound } from "./NotFound";
import { Welcome } from "./Welcome";

// What the feed does not need comes when it is asked for.
const SignIn = lazy(async () => ({ default: (await import("../accounts/SignIn")).SignIn }));
const SignUp = lazy(async () => ({ default: (await import("../accounts/SignUp")).SignUp }));
const Profile = lazy(async () => ({ default: (await import("../accounts/Profile")).Profile }));
const Followers = lazy(async () => ({ default: (await import("../accounts/Lists")).Followers }));
const Following = lazy(async () => ({ default: (await import("../accounts/Lists")).Following }));
const People = lazy(async () => ({ default: (await import("../accounts/People")).People }));
const Settings = lazy(async () => ({ default: (await import("../accounts/Settings")).Settings }));
const PostPage = lazy(async () => ({ default: (await import("../posts/PostPage")).PostPage }));
const UploadPage = lazy(async () => ({
  default: (await import("../sending/UploadPage")).UploadPage,
}));

export function Routes() {
  return (
    <Switch>
      <Route path="/">
        <Home />
      </Route>
      <Route path="/sign-in">
        <ForVisitors>
          <SignIn />
        </ForVisitors>
      </Route>
      <Route path="/sign-up">
        <ForVisitors>
          <SignUp />
        </ForVisitors>
      </Route>
      <Route path="/upload">
        <ForSignedIn>
          <UploadPage />
        </ForSignedIn>
      </Route>
      <Route path="/settings">
        <ForSignedIn>
          <Settings />
        </ForSignedIn>
      </Route>
      <Route path="/posts/:id">{({ id }) => <PostPage key={id} id={id} />}</Route>
      <Route path="/people">
        <People />
      </Route>
      <Route path="/people/:username">
        {({ username }) => <Profile key={username} username={username} />}
      </Route>
      <Route path="/people/:username/followers">
        {({ username }) => <Followers key={username} username={username} />}
      </Route>
      <Route path="/people/:username/following">
        {({ username }) => <Following key={username} username={username} />}
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

/** Who was signed out without asking for it is told so where they sign in. */
function Home() {
  const { session, signedIn } = useSurroundings();
  if (signedIn) return <FeedPage />;
  return session.endedFor() === null ? <Welcome /> : <Redirect to={signInPath("/")} replace />;
}

/** Visitors sign in first, and come back. */
function ForSignedIn({ children }: { children: ReactNode }) {
  const { signedIn } = useSurroundings();
  const [path] = useLocation();
  return signedIn ? children : <Redirect to={signInPath(path)} replace />;
}

/** Who is signed in goes on to where they wanted to go. */
function ForVisitors({ children }: { children: ReactNode }) {
  const { signedIn } = useSurroundings();
  const [search] = useSearchParams();
  return signedIn ? <Redirect to={pathAfter(search)} replace /> : children;
}
