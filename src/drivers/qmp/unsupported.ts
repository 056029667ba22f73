import { UnsupportedError } from '../../hypervisor/errors.js';

/**
 * Completes an object of the model: methods it lacks refuse with libvirt's words for a function that a driver doesn't
 * have. The model's methods are named after libvirt's functions, so the name of the function follows.
 */
export function withUnsupported<T extends object>(known: Partial<T>, prefix: string): T {
  return new Proxy(known, {
    get(target, property, receiver) {
      // An object that answers `then` would be taken for a promise.
      if (
        typeof property === 'symbol' ||
        property in target ||
        property === 'then' ||
        property === 'toJSON'
      ) {
        return Reflect.get(target, property, receiver);
      }
      return () => Promise.reject(new UnsupportedError(functionName(prefix, property)));
    },
  }) as T;
}

/** Where libvirt spells a function otherwise than the rule below does: parts of names in capitals, other prefixes. */
const spelt: ReadonlyMap<string, string> = new Map([
  ['virDomainFdAssociate', 'virDomainFDAssociate'],
  ['virDomainFsFreeze', 'virDomainFSFreeze'],
  ['virDomainFsThaw', 'virDomainFSThaw'],
  ['virDomainFsTrim', 'virDomainFSTrim'],
  ['virDomainPmSuspendForDuration', 'virDomainPMSuspendForDuration'],
  ['virDomainPmWakeup', 'virDomainPMWakeup'],
  ['virDomainGetCPUStatsCount', 'virDomainGetCPUStats'],
  ['virDomainXMLFromNative', 'virConnectDomainXMLFromNative'],
  ['virDomainXMLToNative', 'virConnectDomainXMLToNative'],
  ['virDomainSnapshotRevert', 'virDomainRevertToSnapshot'],
  ['virConnectListAllDomainNames', 'virConnectListAllDomains'],
  ['virConnectLibraryVersion', 'virGetVersion'],
  ['virConnectWatchObjectEvents', 'virConnectNetworkEventRegisterAny'],
]);

/**
 * libvirt's name of a method's function: `getInfo` of a domain is virDomainGetInfo, `nodeGetInfo` of a connection is
 * virNodeGetInfo.
 * @param prefix of the object: `Domain`, `DomainSnapshot` or `Connect`.
 */
export function functionName(prefix: string, method: string): string {
  const name = method.replace(/^nwfilter/, 'NWFilter').replace(/^./, (letter) => letter.toUpperCase());
  // A connection has functions of other objects too; an Interface in the name of a domain's is the domain's own.
  const others = /^(Node|Domain|Storage(Pool|Vol)|Network|Interface|Secret|NWFilter|Stream)[A-Z]/;
  const whole = others.test(name) && prefix !== 'Domain' ? `vir${name}` : `vir${prefix}${name}`;
  return spelt.get(whole) ?? whole;
}
