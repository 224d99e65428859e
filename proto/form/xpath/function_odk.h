/*
 * function_odk: the parts of the ODK functions: function_odk.c has the table, choices and conditions; function_text.c texts;
 * function_tree.c the ways through the tree; function_number.c numbers and what is made of chance and bytes. Inside proto/form/xpath only.
 */
#ifndef PROTO_FORM_XPATH_FUNCTION_ODK_H
#define PROTO_FORM_XPATH_FUNCTION_ODK_H

#include "proto/form/xpath/function.h"

int function_text_join(struct xcall *call, struct xpath_value *out);
int function_text_substr(struct xcall *call, struct xpath_value *out);
int function_text_ends_with(struct xcall *call, struct xpath_value *out);
int function_text_regex(struct xcall *call, struct xpath_value *out);

int function_tree_current(struct xcall *call, struct xpath_value *out);
int function_tree_instance(struct xcall *call, struct xpath_value *out);
int function_tree_indexed_repeat(struct xcall *call, struct xpath_value *out);
int function_tree_pulldata(struct xcall *call, struct xpath_value *out);

int function_number_int(struct xcall *call, struct xpath_value *out);
int function_number_min(struct xcall *call, struct xpath_value *out);
int function_number_max(struct xcall *call, struct xpath_value *out);
int function_number_abs(struct xcall *call, struct xpath_value *out);
int function_number_pow(struct xcall *call, struct xpath_value *out);
int function_number_sqrt(struct xcall *call, struct xpath_value *out);
int function_number_exp(struct xcall *call, struct xpath_value *out);
int function_number_exp10(struct xcall *call, struct xpath_value *out);
int function_number_log(struct xcall *call, struct xpath_value *out);
int function_number_log10(struct xcall *call, struct xpath_value *out);
int function_number_sin(struct xcall *call, struct xpath_value *out);
int function_number_cos(struct xcall *call, struct xpath_value *out);
int function_number_tan(struct xcall *call, struct xpath_value *out);
int function_number_asin(struct xcall *call, struct xpath_value *out);
int function_number_acos(struct xcall *call, struct xpath_value *out);
int function_number_atan(struct xcall *call, struct xpath_value *out);
int function_number_atan2(struct xcall *call, struct xpath_value *out);
int function_number_pi(struct xcall *call, struct xpath_value *out);
int function_number_random(struct xcall *call, struct xpath_value *out);
int function_number_randomize(struct xcall *call, struct xpath_value *out);
int function_number_uuid(struct xcall *call, struct xpath_value *out);
int function_number_digest(struct xcall *call, struct xpath_value *out);
int function_number_base64(struct xcall *call, struct xpath_value *out);

#endif
