import type { HeaderStyle, IdentityHeaderSettings } from '../../config/settings.ts'
import { couchdbDialect } from './couchdb.ts'
import { customDialect } from './custom.ts'
import type { Dialect, StyleOptions } from './dialect.ts'
import { grafanaDialect } from './grafana.ts'
import { kubeDialect } from './kube.ts'
import { nginxDialect } from './nginx.ts'
import { oauth2Dialect } from './oauth2.ts'
import { opensearchDialect } from './opensearch.ts'
import { plainDialect } from './plain.ts'
import { rfc9440Dialect } from './rfc9440.ts'
import { traefikDialect } from './traefik.ts'
import { xfccDialect } from './xfcc.ts'

const DIALECTS: Readonly<Record<HeaderStyle, (options: StyleOptions) => Dialect>> = {
  plain: plainDialect,
  xfcc: xfccDialect,
  rfc9440: rfc9440Dialect,
  nginx: nginxDialect,
  traefik: traefikDialect,
  opensearch: opensearchDialect,
  kube: kubeDialect,
  oauth2: oauth2Dialect,
  couchdb: couchdbDialect,
  grafana: grafanaDialect,
}

/** One configured source of identity headers and what to call it in a message. */
export interface NamedDialect {
  readonly label: string
  readonly dialect: Dialect
}

/** Every configured dialect in the order written, `custom` last where it has headers. */
export function dialectsOf(settings: IdentityHeaderSettings): readonly NamedDialect[] {
  const styles = settings.styles.map(({ style, options }) => ({ label: style, dialect: DIALECTS[style](options) }))
  return settings.custom.size === 0 ? styles : [...styles, { label: 'custom', dialect: customDialect(settings.custom) }]
}
