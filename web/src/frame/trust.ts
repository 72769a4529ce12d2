/** What may become the address of a script: the server has every one looked at. */

import type { TrustedTypePolicyFactory } from "trusted-types/lib";

/** Let workers be made of the app's own files, and of nothing else. */
export function trustOwnScripts(): void {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypePolicyFactory };
  trustedTypes?.createPolicy("default", { createScriptURL: ownScript });
}

function ownScript(address: string): string {
  if (new URL(address, location.href).origin === location.origin) return address;
  throw new TypeError(`No script of ${address} is run here.`);
}
