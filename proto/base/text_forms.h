/*
 * text_forms: what Unicode's compatibility normalisation (NFKC) makes of the Arabic presentation forms and ligatures.
 *
 * Old documents, PDF files and some keyboards deliver letters in their positional shapes (U+FB50-FDFF, U+FE70-FEFF) or as
 * whole words (U+FDF2). The name key must see plain letters. Only the Arabic part of NFKC is here, since nothing else is
 * needed and a whole Unicode library would be larger than the rest of proto/base. Used by text.c only.
 */
#ifndef PROTO_BASE_TEXT_FORMS_H
#define PROTO_BASE_TEXT_FORMS_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_FORM_LETTERS_MAX 18 /* U+FDFA, a blessing of eighteen code points, is the longest */

/*
 * Set `*letters` to the code points that stand for `cp` (constant memory) and return how many there are, 1 to
 * TEXT_FORM_LETTERS_MAX; 0 with `*letters` NULL when `cp` stands for itself.
 */
size_t text_form(uint32_t cp, const uint16_t **letters);

#endif
