/* What a function costs that does nothing: the floor of a cold start. */
export const buffered = async () => ({ statusCode: 200 });
