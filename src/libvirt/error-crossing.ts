import { ConnectionLostError, LibvirtError, type LibvirtErrorFields } from './error.js';
import { FunctionMissingError, LibraryMissingError } from './library.js';

/** An error as plain data: structured clone would keep its message and drop its class and fields. */
export interface CrossingError {
  name: string;
  message: string;
  stack?: string | undefined;
  fields?: LibvirtErrorFields;
  functionName?: string;
}

export function encodeError(error: unknown): CrossingError {
  if (error instanceof LibvirtError)
    return { name: error.name, message: error.message, fields: error.fields };
  if (error instanceof FunctionMissingError) {
    return { name: error.name, message: error.message, functionName: error.functionName };
  }
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack };
  return { name: 'Error', message: String(error) };
}

export function decodeError({ name, message, stack, fields, functionName }: CrossingError): Error {
  if (fields)
    return name === 'ConnectionLostError' ? new ConnectionLostError(fields) : new LibvirtError(fields);
  if (functionName !== undefined) return new FunctionMissingError(functionName, undefined);
  if (name === 'LibraryMissingError') {
    return Object.assign(Object.create(LibraryMissingError.prototype), { name, message }) as Error;
  }
  const error = name === 'TypeError' ? new TypeError(message) : new Error(message);
  if (stack) error.stack = stack;
  return error;
}
