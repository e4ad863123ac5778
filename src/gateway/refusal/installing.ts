/** How a person gets a certificate file (.pfx or .p12) into the browser in front of them. */
export interface Installing {
  readonly browser: string
  readonly steps: readonly string[]
}

const WINDOWS: Installing = {
  browser: 'Chrome or Edge on Windows',
  steps: [
    'Double-click the .pfx file, choose Current User, and enter its password.',
    'Let the wizard choose the store, and finish.',
    'Close all windows of the browser, and open this page again.',
  ],
}

const MAC: Installing = {
  browser: 'Safari, Chrome or Edge on macOS',
  steps: [
    'Double-click the .pfx file; Keychain Access asks for a keychain: choose login.',
    'Enter the password of the file.',
    'Quit the browser, and open this page again.',
  ],
}

const LINUX: Installing = {
  browser: 'Chrome or Chromium on Linux',
  steps: [
    'Open Settings, Privacy and security, Security, Manage certificates, Your certificates.',
    'Import the .pfx file, and enter its password.',
    'Close all windows of the browser, and open this page again.',
  ],
}

const FIREFOX: Installing = {
  browser: 'Firefox',
  steps: [
    'Open Settings, Privacy & Security, Certificates, View Certificates, Your Certificates.',
    'Import the .pfx file, and enter its password.',
    'Restart Firefox, and open this page again.',
  ],
}

const ANDROID: Installing = {
  browser: 'Android',
  steps: [
    'Open Settings and search for "VPN & app user certificate".',
    'Choose the .pfx file, enter its password, and give it a name.',
    'Open this page in Chrome again.',
  ],
}

const IPHONE: Installing = {
  browser: 'iPhone and iPad',
  steps: [
    'Open the .pfx file from Mail or Files.',
    'Open Settings, General, VPN & Device Management, and install the profile.',
    'Open this page in Safari again.',
  ],
}

export const INSTALLING: readonly Installing[] = [WINDOWS, MAC, LINUX, FIREFOX, ANDROID, IPHONE]

/** Whose User-Agent says what; the first that fits. Firefox keeps certificates of its own wherever it runs, but on phones. */
const TELLING: readonly (readonly [RegExp, Installing])[] = [
  [/iPhone|iPad/, IPHONE],
  [/Android/, ANDROID],
  [/Firefox\//, FIREFOX],
  [/Windows/, WINDOWS],
  [/Macintosh/, MAC],
  [/Linux|X11|CrOS/, LINUX],
]

/** The one that a User-Agent speaks of; null: it could be any. A guess, which only opens one of several. */
export function installingFor(userAgent: string): Installing | null {
  return TELLING.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null
}
