#include "cli/output/base64.h"

void
base64_encode(const uint8_t *data, size_t n, char *out)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	while (n > 0) {
		const size_t take = n < 3 ? n : 3;
		const uint32_t three =
		    (uint32_t)data[0] << 16 | (take > 1 ? (uint32_t)data[1] << 8 : 0) | (take > 2 ? data[2] : 0);

		*out++ = digit[three >> 18];
		*out++ = digit[three >> 12 & 63];
		*out++ = take > 1 ? digit[three >> 6 & 63] : '=';
		*out++ = take > 2 ? digit[three & 63] : '=';
		data += take;
		n -= take;
	}
	*out = '\0';
}
