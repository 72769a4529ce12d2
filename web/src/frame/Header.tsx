/** What stands around every page: the name, and where one can go. */

import {
  CircleUserRound,
  GalleryVertical,
  LogIn,
  Plus,
  Settings,
  UserRoundPlus,
  UsersRound,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { OnItsWay } from "../sending/OnItsWay";
import { useSurroundings, type SignedIn } from "./context";
import styles from "./Header.module.css";
import { Mark } from "./Mark";

interface Place {
  name: string;
  href: string;
  icon: LucideIcon;
  /** What the app is there for. */
  isMain?: boolean;
  /** Upon its icon, for the eye only. */
  mark?: ReactNode;
}

export function Header() {
  const { signedIn } = useSurroundings();
  return (
    <header className={styles.header}>
      <div className={styles.inside}>
        <Link href="/" className={styles.name}>
          <Mark />
          Photofeed
        </Link>
        <nav
          aria-label="Main"
          className={[styles.places, signedIn ? styles.bar : styles.visitor].join(" ")}
        >
          {placesOf(signedIn).map((place) => (
            <PlaceLink key={place.name} {...place} />
          ))}
        </nav>
      </div>
    </header>
  );
}

function PlaceLink({ name, href, icon: Icon, isMain = false, mark }: Place) {
  const [path] = useLocation();
  const isHere = path === href;
  return (
    <Link
      href={href}
      className={[styles.place, isMain && styles.main].filter(Boolean).join(" ")}
      aria-current={isHere ? "page" : undefined}
      onClick={isHere ? toTop : undefined}
    >
      <span className={styles.icon}>
        <Icon size={22} aria-hidden="true" />
        {mark}
      </span>
      {name}
    </Link>
  );
}

function placesOf(signedIn: SignedIn | null): Place[] {
  if (!signedIn) {
    return [
      { name: "Sign in", href: "/sign-in", icon: LogIn },
      { name: "Sign up", href: "/sign-up", icon: UserRoundPlus, isMain: true },
    ];
  }
  return [
    { name: "Feed", href: "/", icon: GalleryVertical },
    { name: "People", href: "/people", icon: UsersRound },
    {
      name: "New photo",
      href: "/upload",
      icon: Plus,
      isMain: true,
      mark: <OnItsWay uploads={signedIn.uploads} />,
    },
    { name: "You", href: `/people/${signedIn.viewer.username}`, icon: CircleUserRound },
    { name: "Settings", href: "/settings", icon: Settings },
  ];
}

function toTop(): void {
  scrollTo({ top: 0, behavior: "smooth" });
}
