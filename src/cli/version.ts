/** Set by the build from package.json. */
declare const SNAPCTL_VERSION: string;

export const version = SNAPCTL_VERSION;
