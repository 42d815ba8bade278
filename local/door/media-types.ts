/** Whether a media type is one of those that are handled as bytes. Parameters such as `charset` do not count. */
export function isBinary(binaryMediaTypes: readonly string[], mediaType: string): boolean {
  const given = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const [type = '', subtype = ''] = given.split('/');
  return binaryMediaTypes.some((binary) => {
    const [wantedType, wantedSubtype] = binary.toLowerCase().replaceAll('~1', '/').split('/');
    return (wantedType === '*' || wantedType === type) && (wantedSubtype === '*' || wantedSubtype === subtype);
  });
}
