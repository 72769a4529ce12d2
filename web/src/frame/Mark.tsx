/** The sign of the app, as on its icon. */

export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <circle cx="16" cy="16" r="8" fill="none" stroke="var(--on-accent)" strokeWidth="3" />
      <circle cx="16" cy="16" r="2.5" fill="var(--on-accent)" />
    </svg>
  );
}
