/**
 * The XML parser, to be imported dynamically: the bundler gives a dynamically imported CommonJS package a default
 * export only, and this module names what is used of it.
 */
export { DOMParser, XMLSerializer } from '@xmldom/xmldom';
