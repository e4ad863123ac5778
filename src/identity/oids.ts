/** X.509 extensions (RFC 5280 section 4.2). */
export const SUBJECT_KEY_ID = '2.5.29.14'
export const KEY_USAGE = '2.5.29.15'
export const SUBJECT_ALT_NAME = '2.5.29.17'
export const BASIC_CONSTRAINTS = '2.5.29.19'
export const NAME_CONSTRAINTS = '2.5.29.30'
export const CRL_DISTRIBUTION_POINTS = '2.5.29.31'
export const CERTIFICATE_POLICIES = '2.5.29.32'
export const POLICY_MAPPINGS = '2.5.29.33'
export const AUTHORITY_KEY_ID = '2.5.29.35'
export const POLICY_CONSTRAINTS = '2.5.29.36'
export const EXTENDED_KEY_USAGE = '2.5.29.37'
export const INHIBIT_ANY_POLICY = '2.5.29.54'
export const AUTHORITY_INFO_ACCESS = '1.3.6.1.5.5.7.1.1'
export const NETSCAPE_CERT_TYPE = '2.16.840.1.113730.1.1'

/**
 * Extensions that may be critical: read by us, or enforced by OpenSSL when it checks the chain.
 * Any other critical extension is reported as unknown, and the certificate refused (RFC 5280 section 4.2).
 */
export const UNDERSTOOD_EXTENSIONS: ReadonlySet<string> = new Set([
  SUBJECT_KEY_ID,
  KEY_USAGE,
  SUBJECT_ALT_NAME,
  BASIC_CONSTRAINTS,
  NAME_CONSTRAINTS,
  CRL_DISTRIBUTION_POINTS,
  CERTIFICATE_POLICIES,
  POLICY_MAPPINGS,
  AUTHORITY_KEY_ID,
  POLICY_CONSTRAINTS,
  EXTENDED_KEY_USAGE,
  INHIBIT_ANY_POLICY,
  NETSCAPE_CERT_TYPE,
])

/** Purposes in extendedKeyUsage (RFC 5280 section 4.2.1.12). */
export const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** Attribute types of distinguished names. */
export const COMMON_NAME = '2.5.4.3'
const SURNAME = '2.5.4.4'
const SERIAL_NUMBER = '2.5.4.5'
const COUNTRY = '2.5.4.6'
const LOCALITY = '2.5.4.7'
const STATE = '2.5.4.8'
const STREET = '2.5.4.9'
const ORGANIZATION = '2.5.4.10'
const ORGANIZATIONAL_UNIT = '2.5.4.11'
const TITLE = '2.5.4.12'
const GIVEN_NAME = '2.5.4.42'
const INITIALS = '2.5.4.43'
const GENERATION_QUALIFIER = '2.5.4.44'
const DN_QUALIFIER = '2.5.4.46'
const USER_ID = '0.9.2342.19200300.100.1.1'
const DOMAIN_COMPONENT = '0.9.2342.19200300.100.1.25'
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'
const IP_ADDRESS = '1.3.6.1.4.1.42.2.11.2.1'

/** How an attribute type is printed; the same words that Java, and so OpenSearch, prints. All others print as `OID.1.2.3`. */
export const PRINTED_TYPES: ReadonlyMap<string, string> = new Map([
  [COMMON_NAME, 'CN'],
  [SURNAME, 'SURNAME'],
  [SERIAL_NUMBER, 'SERIALNUMBER'],
  [COUNTRY, 'C'],
  [LOCALITY, 'L'],
  [STATE, 'ST'],
  [STREET, 'STREET'],
  [ORGANIZATION, 'O'],
  [ORGANIZATIONAL_UNIT, 'OU'],
  [TITLE, 'T'],
  [GIVEN_NAME, 'GIVENNAME'],
  [INITIALS, 'INITIALS'],
  [GENERATION_QUALIFIER, 'GENERATION'],
  [DN_QUALIFIER, 'DNQ'],
  [USER_ID, 'UID'],
  [DOMAIN_COMPONENT, 'DC'],
  [EMAIL_ADDRESS, 'EMAILADDRESS'],
  [IP_ADDRESS, 'IP'],
])

/** What people and other tools (OpenSSL, .NET, LDAP) write beside the printed words; all in lower case. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['commonname', COMMON_NAME],
  ['sn', SURNAME],
  ['countryname', COUNTRY],
  ['localityname', LOCALITY],
  ['s', STATE],
  ['stateorprovincename', STATE],
  ['streetaddress', STREET],
  ['organizationname', ORGANIZATION],
  ['organizationalunitname', ORGANIZATIONAL_UNIT],
  ['title', TITLE],
  ['gn', GIVEN_NAME],
  ['g', GIVEN_NAME],
  ['generationqualifier', GENERATION_QUALIFIER],
  ['dnqualifier', DN_QUALIFIER],
  ['userid', USER_ID],
  ['domaincomponent', DOMAIN_COMPONENT],
  ['e', EMAIL_ADDRESS],
  ['email', EMAIL_ADDRESS],
  ['description', '2.5.4.13'],
  ['businesscategory', '2.5.4.15'],
  ['postalcode', '2.5.4.17'],
  ['telephonenumber', '2.5.4.20'],
  ['name', '2.5.4.41'],
  ['x500uniqueidentifier', '2.5.4.45'],
  ['pseudonym', '2.5.4.65'],
  ['role', '2.5.4.72'],
  ['organizationidentifier', '2.5.4.97'],
  ['unstructuredname', '1.2.840.113549.1.9.2'],
  ['unstructuredaddress', '1.2.840.113549.1.9.8'],
])

/** In lower case, and as printed: a mapping may hold 100,000 DNs, most of them written so. */
const BY_WORD: ReadonlyMap<string, string> = new Map([
  ...[...PRINTED_TYPES].flatMap(([oid, word]) => [[word.toLowerCase(), oid] as const, [word, oid] as const]),
  ...ALIASES,
])

// Arcs without leading zeros, so that one OID has one spelling; the first two arcs as X.660 limits them.
const DOTTED_OID = /^(?:[01]\.(?:\d|[123]\d)|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/

/** The OID behind an attribute type as written (`cn`, `E`, `OID.2.5.4.3`, `2.5.4.3`); null where it is not known. ASCII case is ignored. */
export function attributeOid(text: string): string | null {
  const known = BY_WORD.get(text)
  if (known !== undefined) return known
  const word = /^[\x21-\x7e]+$/.test(text) ? text.toLowerCase() : ''
  const dotted = word.startsWith('oid.') ? word.slice('oid.'.length) : word
  if (DOTTED_OID.test(dotted)) return dotted
  return BY_WORD.get(word) ?? null
}
