/* SPDX-License-Identifier: MIT */
/* Most of this is the table. */
#include "message/charset_name.h"

#include <string.h>

#include "base/ascii.h"

/* For the table. */
#define ASCII ISRV_CHARSET_ASCII
#define UTF8 ISRV_CHARSET_UTF8
#define WINDOWS ISRV_CHARSET_WINDOWS
#define LATIN_EURO ISRV_CHARSET_LATIN_EURO
#define UTF16 ISRV_CHARSET_UTF16
#define UTF16_BIG ISRV_CHARSET_UTF16_BIG
#define UTF16_LITTLE ISRV_CHARSET_UTF16_LITTLE
#define ICONV ISRV_CHARSET_ICONV
#define KOREAN ISRV_CHARSET_KOREAN

enum { NAME_MAX_LEN = 40 };

/*
 * Keys are names in lower case without anything but letters and digits, and without "x-" in front.
 * A key with several rows tries them in turn.  Where software is known to write a name and mean
 * its superset, the superset is opened (GB2312: GB18030, Shift_JIS: Windows-31J, EUC-KR: CP949,
 * ISO-8859-9: Windows-1254, TIS-620: Windows-874), for the reason that charset.h gives for
 * ISO-8859-1.
 */
static const struct isrv_charset_name names[] = {
	{"utf8", "", UTF8},
	{"unicode11utf8", "", UTF8},
	{"usascii", "", ASCII},
	{"ascii", "", ASCII},
	{"us", "", ASCII},
	{"csascii", "", ASCII},
	{"iso646us", "", ASCII},
	{"ansix341968", "", ASCII},
	{"ansix341986", "", ASCII},
	{"iso646irv1991", "", ASCII},
	{"cp367", "", ASCII},
	{"ibm367", "", ASCII},
	{"iso88591", "", WINDOWS},
	{"iso885911987", "", WINDOWS},
	{"isoir100", "", WINDOWS},
	{"latin1", "", WINDOWS},
	{"l1", "", WINDOWS},
	{"csisolatin1", "", WINDOWS},
	{"cp819", "", WINDOWS},
	{"ibm819", "", WINDOWS},
	{"windows1252", "", WINDOWS},
	{"cp1252", "", WINDOWS},
	{"ansi", "", WINDOWS},
	{"iso885915", "", LATIN_EURO},
	{"latin9", "", LATIN_EURO},
	{"latin0", "", LATIN_EURO},
	{"l9", "", LATIN_EURO},
	{"csiso885915", "", LATIN_EURO},
	{"utf16", "", UTF16},
	{"unicode", "", UTF16},
	{"ucs2", "", UTF16},
	{"iso10646ucs2", "", UTF16},
	{"utf16be", "", UTF16_BIG},
	{"utf16le", "", UTF16_LITTLE},
	{"iso88592", "ISO-8859-2", ICONV},
	{"iso885921987", "ISO-8859-2", ICONV},
	{"latin2", "ISO-8859-2", ICONV},
	{"l2", "ISO-8859-2", ICONV},
	{"csisolatin2", "ISO-8859-2", ICONV},
	{"iso88593", "ISO-8859-3", ICONV},
	{"latin3", "ISO-8859-3", ICONV},
	{"iso88594", "ISO-8859-4", ICONV},
	{"latin4", "ISO-8859-4", ICONV},
	{"iso88595", "ISO-8859-5", ICONV},
	{"cyrillic", "ISO-8859-5", ICONV},
	{"iso88596", "ISO-8859-6", ICONV},
	{"arabic", "ISO-8859-6", ICONV},
	{"iso88597", "ISO-8859-7", ICONV},
	{"greek", "ISO-8859-7", ICONV},
	{"iso88598", "ISO-8859-8", ICONV},
	{"iso88598i", "ISO-8859-8", ICONV}, /* RFC 1556: other order of display, same octets */
	{"iso88598e", "ISO-8859-8", ICONV},
	{"logical", "ISO-8859-8", ICONV},
	{"visual", "ISO-8859-8", ICONV},
	{"hebrew", "ISO-8859-8", ICONV},
	{"iso88599", "WINDOWS-1254", ICONV},
	{"iso88599", "ISO-8859-9", ICONV},
	{"iso885991989", "WINDOWS-1254", ICONV},
	{"latin5", "WINDOWS-1254", ICONV},
	{"iso885910", "ISO-8859-10", ICONV},
	{"latin6", "ISO-8859-10", ICONV},
	{"iso885911", "WINDOWS-874", ICONV},
	{"iso885911", "ISO-8859-11", ICONV},
	{"tis620", "WINDOWS-874", ICONV},
	{"tis620", "ISO-8859-11", ICONV},
	{"windows874", "WINDOWS-874", ICONV},
	{"windows874", "ISO-8859-11", ICONV},
	{"iso885913", "ISO-8859-13", ICONV},
	{"latin7", "ISO-8859-13", ICONV},
	{"iso885914", "ISO-8859-14", ICONV},
	{"latin8", "ISO-8859-14", ICONV},
	{"iso885916", "ISO-8859-16", ICONV},
	{"latin10", "ISO-8859-16", ICONV},
	{"windows1250", "CP1250", ICONV},
	{"cp1250", "CP1250", ICONV},
	{"windows1251", "CP1251", ICONV},
	{"cp1251", "CP1251", ICONV},
	{"windows1253", "CP1253", ICONV},
	{"cp1253", "CP1253", ICONV},
	{"windows1254", "CP1254", ICONV},
	{"cp1254", "CP1254", ICONV},
	{"windows1255", "CP1255", ICONV},
	{"cp1255", "CP1255", ICONV},
	{"windows1256", "CP1256", ICONV},
	{"cp1256", "CP1256", ICONV},
	{"windows1257", "CP1257", ICONV},
	{"cp1257", "CP1257", ICONV},
	{"windows1258", "CP1258", ICONV},
	{"cp1258", "CP1258", ICONV},
	{"koi8r", "KOI8-R", ICONV},
	{"cskoi8r", "KOI8-R", ICONV},
	{"koi8", "KOI8-R", ICONV},
	{"koi8u", "KOI8-U", ICONV},
	{"koi8ru", "KOI8-U", ICONV},
	{"cp437", "CP437", ICONV},
	{"ibm437", "CP437", ICONV},
	{"cp850", "CP850", ICONV},
	{"ibm850", "CP850", ICONV},
	{"cp852", "CP852", ICONV},
	{"ibm852", "CP852", ICONV},
	{"cp855", "CP855", ICONV},
	{"ibm855", "CP855", ICONV},
	{"cp858", "CP858", ICONV},
	{"cp862", "CP862", ICONV},
	{"ibm862", "CP862", ICONV},
	{"cp866", "CP866", ICONV},
	{"ibm866", "CP866", ICONV},
	{"macintosh", "MACINTOSH", ICONV},
	{"mac", "MACINTOSH", ICONV},
	{"macroman", "MACINTOSH", ICONV},
	{"maccyrillic", "MAC-CYRILLIC", ICONV},
	{"viscii", "VISCII", ICONV},
	{"tcvn", "TCVN", ICONV},
	{"georgianps", "GEORGIAN-PS", ICONV},
	{"armscii8", "ARMSCII-8", ICONV},
	{"gb2312", "GB18030", ICONV},
	{"csgb2312", "GB18030", ICONV},
	{"gb231280", "GB18030", ICONV},
	{"euccn", "GB18030", ICONV},
	{"gbk", "GB18030", ICONV},
	{"cp936", "GB18030", ICONV},
	{"windows936", "GB18030", ICONV},
	{"gb18030", "GB18030", ICONV},
	{"iso2022cn", "ISO-2022-CN", ICONV},
	{"big5", "BIG5", ICONV},
	{"csbig5", "BIG5", ICONV},
	{"cnbig5", "BIG5", ICONV},
	{"cp950", "CP950", ICONV},
	{"windows950", "CP950", ICONV},
	{"big5hkscs", "BIG5-HKSCS", ICONV},
	{"euctw", "EUC-TW", ICONV},
	{"iso2022jp", "ISO-2022-JP", ICONV},
	{"csiso2022jp", "ISO-2022-JP", ICONV},
	{"iso2022jp1", "ISO-2022-JP-2", ICONV},
	{"iso2022jp2", "ISO-2022-JP-2", ICONV},
	{"shiftjis", "CP932", ICONV},
	{"shiftjis", "SHIFT_JIS", ICONV},
	{"sjis", "CP932", ICONV},
	{"sjis", "SHIFT_JIS", ICONV},
	{"csshiftjis", "CP932", ICONV},
	{"mskanji", "CP932", ICONV},
	{"windows31j", "CP932", ICONV},
	{"cp932", "CP932", ICONV},
	{"eucjp", "EUC-JP", ICONV},
	{"ujis", "EUC-JP", ICONV},
	{"euckr", "CP949", KOREAN},
	{"euckr", "EUC-KR", KOREAN},
	{"cseuckr", "CP949", KOREAN},
	{"ksc56011987", "CP949", KOREAN},
	{"ksc56011989", "CP949", KOREAN},
	{"ksc5601", "CP949", KOREAN},
	{"korean", "CP949", KOREAN},
	{"cp949", "CP949", KOREAN},
	{"windows949", "CP949", KOREAN},
	{"uhc", "CP949", KOREAN},
	{"iso2022kr", "ISO-2022-KR", ICONV},
	{"johab", "JOHAB", ICONV},
};

/* The name as a key of the table; 0 if it has anything that no charset's name has, or is too long.
 * key has room for NAME_MAX_LEN octets. */
static size_t make_key(char *key, struct imapsrv_span name)
{
	size_t i, n = 0;

	if (name.len > NAME_MAX_LEN)
		return 0;
	if (name.len > 2 && isrv_ascii_is(name.data, 2, "x-")) {
		name.data += 2;
		name.len -= 2;
	}
	for (i = 0; i < name.len; i++) {
		unsigned char octet = isrv_ascii_lower((unsigned char)name.data[i]);

		if ((octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9'))
			key[n++] = (char)octet;
		else if (!memchr("._:+-", octet, 5))
			return 0;
	}
	return n;
}

const struct isrv_charset_name *isrv_charset_name_find(struct imapsrv_span name,
                                                       const struct isrv_charset_name *behind)
{
	static const struct isrv_charset_name ascii = {"", "", ASCII};
	const struct isrv_charset_name *row = behind ? behind + 1 : names;
	char key[NAME_MAX_LEN];
	size_t n;

	if (!name.data || name.len == 0)
		return &ascii;
	n = make_key(key, name);
	if (n == 0 || n >= sizeof(row->key))
		return NULL;
	for (; row < names + sizeof(names) / sizeof(names[0]); row++)
		if (memcmp(row->key, key, n) == 0 && row->key[n] == '\0')
			return row;
	return NULL;
}
