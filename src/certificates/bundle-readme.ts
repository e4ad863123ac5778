/** What the lines of a README depend on. */
export interface BundleText {
  /** As the certificate is called; may hold anything that a name may. */
  readonly name: string
  /** The safe file name without extension. */
  readonly base: string
  readonly url: string
  readonly notAfter: Date
  readonly hasPassword: boolean
  /** The file with the authority of the gateway's own certificate; null: clients know it already. */
  readonly authorityFile: string | null
}

/** README.txt beside a certificate: the exact lines for curl, browsers, Prometheus and client libraries. Holds no secret. */
export function bundleReadme(text: BundleText): string {
  const { base, url, authorityFile, hasPassword } = text
  const ca = authorityFile === null ? '' : ` --cacert ${authorityFile}`
  const password = hasPassword ? 'the password that was chosen for it' : 'an empty password'
  const width = Math.max(`${base}.pfx`.length, authorityFile?.length ?? 0)
  const file = (name: string): string => name.padEnd(width)
  return `Client certificate "${text.name}", valid until ${text.notAfter.toISOString().slice(0, 10)} (UTC).

  ${file(`${base}.pfx`)}   certificate, private key and chain together (PKCS#12), for browsers, Windows, Java and .NET
  ${file(`${base}.crt`)}   certificate and chain (PEM)
  ${file(`${base}.key`)}   private key (PEM${hasPassword ? ', encrypted with the same password' : ', not encrypted'})
${authorityFile === null ? '' : `  ${file(authorityFile)}   the authority that the server's own certificate is under: what clients are to trust\n`}
Whoever has the private key is "${text.name}". Keep the files readable for yourself only (chmod 600), and delete the archive if
they came in one. No copy of the key was kept: if it is lost, ask for another certificate.

curl${hasPassword ? ' (asks for the password)' : ''}

${indented(`curl --cert ${quoted(`${base}.crt`)} --key ${quoted(`${base}.key`)}${ca} ${quoted(url)}`)}

Browsers (it opens with ${password})

  Firefox: Settings > Privacy & Security > View Certificates > Your Certificates > Import, and choose ${base}.pfx
  Chrome and Edge on Windows, and macOS: open ${base}.pfx and follow the assistant
  Chrome on Linux: chrome://certificate-manager > Your certificates > Import
  Then open ${url} and choose "${text.name}".

Prometheus (scrape_configs)

${indented(prometheus(text))}

Python (requests)

${indented(python(text))}

Node.js

${indented(node(text))}

.NET

${indented(`var certificate = new X509Certificate2(${JSON.stringify(`${base}.pfx`)}, ${hasPassword ? 'password' : '""'});
var handler = new HttpClientHandler();
handler.ClientCertificates.Add(certificate);`)}

Java

${indented(`java -Djavax.net.ssl.keyStoreType=PKCS12 -Djavax.net.ssl.keyStore=${quoted(`${base}.pfx`)} -Djavax.net.ssl.keyStorePassword=... \\
  -jar app.jar`)}
`
}

function prometheus({ base, url, hasPassword, authorityFile }: BundleText): string {
  const { host, protocol } = new URL(url)
  const note = hasPassword
    ? `# Prometheus has no password for a key: openssl pkey -in ${quoted(`${base}.key`)} -out ${quoted(`${base}.plain.key`)}\n`
    : ''
  return `${note}- job_name: gateway
  scheme: ${protocol.slice(0, -1)}
  tls_config:
    cert_file: ${JSON.stringify(`${base}.crt`)}
    key_file: ${JSON.stringify(`${base}${hasPassword ? '.plain' : ''}.key`)}
${authorityFile === null ? '' : `    ca_file: ${authorityFile}\n`}  static_configs:
    - targets: [${JSON.stringify(host)}]`
}

function python({ base, url, hasPassword, authorityFile }: BundleText): string {
  const note = hasPassword
    ? `# requests has no password for a key: openssl pkey -in ${quoted(`${base}.key`)} -out ${quoted(`${base}.plain.key`)}\n`
    : ''
  const key = `${base}${hasPassword ? '.plain' : ''}.key`
  const verify = authorityFile === null ? '' : `, verify=${JSON.stringify(authorityFile)}`
  return `${note}requests.get(${JSON.stringify(url)}, cert=(${JSON.stringify(`${base}.crt`)}, ${JSON.stringify(key)})${verify})`
}

function node({ base, url, hasPassword, authorityFile }: BundleText): string {
  const ca = authorityFile === null ? '' : `, ca: readFileSync(${JSON.stringify(authorityFile)})`
  return `https.get(${JSON.stringify(url)}, { pfx: readFileSync(${JSON.stringify(`${base}.pfx`)}), passphrase: ${hasPassword ? 'password' : "''"}${ca} }, ...)`
}

/** For a POSIX shell; plain words stay plain. */
const quoted = (word: string): string => (/^[A-Za-z0-9_./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

const indented = (lines: string): string => lines.replace(/^/gm, '  ')
