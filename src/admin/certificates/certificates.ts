import type { AdministrationContext } from '../context.ts'
import type { Caller } from '../types.ts'
import { CertificateChanges } from './changes.ts'
import { Desk } from './desk.ts'
import { CertificateIssuing } from './issuing.ts'
import { LiveNames } from './live-names.ts'
import { CertificateReading } from './reading.ts'
import { type TrustOrder, trustCertificates } from './trusting.ts'

/** All that administration does with certificates: what the REST families and the commands put into their own words. */
export class Certificates {
  readonly desk: Desk
  readonly changes: CertificateChanges
  readonly issuing: CertificateIssuing
  readonly reading: CertificateReading

  constructor(context: AdministrationContext, names = new LiveNames(context)) {
    this.desk = new Desk(context, names)
    this.changes = new CertificateChanges(this.desk)
    this.issuing = new CertificateIssuing(this.desk)
    this.reading = new CertificateReading(this.desk)
  }

  trust(caller: Caller, order: TrustOrder) {
    return trustCertificates(this.desk, caller, order)
  }
}
