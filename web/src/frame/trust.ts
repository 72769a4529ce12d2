/** What may become the address of a script: the server has every one looked at. */

/** Let workers be made of the app's own files, and of nothing else. */
export function trustOwnScripts(): void {
  const { trustedTypes } = window as { trustedTypes?: PolicyFactory };
  trustedTypes?.createPolicy("default", { createScriptURL: ownScript });
}

/** What not every browser has, and TypeScript does not know. */
interface PolicyFactory {
  createPolicy: (name: string, rules: { createScriptURL: typeof ownScript }) => unknown;
}

function ownScript(address: string): string {
  if (new URL(address, location.href).origin === location.origin) return address;
  throw new TypeError(`No script of ${address} is run here.`);
}
