/*
 * text_words: the two parallel lists of 256 words in which a fingerprint is read aloud (text_fingerprint_words()).
 *
 * Each row is one thing in English and in Arabic, so that an Arabic and an English screen name the same byte alike. The
 * words are short, plain and concrete; none is rude, sacred or political, and few sound alike over a bad telephone line.
 *
 * The order is part of the product for ever: two programs of different age must say the same words for the same key.
 * Rows are never moved, removed or respelt.
 */
#include "proto/base/text.h"

struct word_pair {
	const char *english;
	const char *arabic;
};

static const struct word_pair WORDS[256] = {
	{ "anchor", "مرساة" }, { "answer", "جواب" }, { "apple", "تفاحة" }, { "apricot", "مشمش" },
	{ "arch", "قوس" }, { "bag", "حقيبة" }, { "balloon", "منطاد" }, { "banana", "موز" },
	{ "barley", "شعير" }, { "beach", "شاطئ" }, { "bear", "دب" }, { "bed", "سرير" },
	{ "belt", "حزام" }, { "bicycle", "دراجة" }, { "blanket", "بطانية" }, { "book", "كتاب" },
	{ "bottle", "قارورة" }, { "bracelet", "سوار" }, { "branch", "غصن" }, { "bread", "خبز" },
	{ "bridge", "جسر" }, { "brush", "فرشاة" }, { "bucket", "دلو" }, { "bus", "حافلة" },
	{ "butter", "زبدة" }, { "butterfly", "فراشة" }, { "button", "زر" }, { "cabbage", "ملفوف" },
	{ "camel", "ناقة" }, { "canal", "قناة" }, { "candle", "شمعة" }, { "car", "سيارة" },
	{ "carpenter", "نجار" }, { "castle", "قلعة" }, { "cave", "كهف" }, { "chair", "كرسي" },
	{ "chalk", "طباشير" }, { "cheese", "جبنة" }, { "cherry", "كرز" }, { "city", "مدينة" },
	{ "clock", "ساعة" }, { "cloud", "سحابة" }, { "coffee", "قهوة" }, { "color", "لون" },
	{ "comb", "مشط" }, { "compass", "بوصلة" }, { "computer", "حاسوب" }, { "copper", "نحاس" },
	{ "coral", "مرجان" }, { "cotton", "قطن" }, { "cow", "بقرة" }, { "crown", "تاج" },
	{ "cucumber", "خيار" }, { "cumin", "كمون" }, { "cup", "كوب" }, { "desert", "صحراء" },
	{ "dew", "ندى" }, { "diamond", "ألماس" }, { "doctor", "طبيب" }, { "dolphin", "دلفين" },
	{ "dome", "قبة" }, { "door", "باب" }, { "dove", "حمامة" }, { "duck", "بطة" },
	{ "eagle", "نسر" }, { "egg", "بيضة" }, { "eggplant", "باذنجان" }, { "elephant", "فيل" },
	{ "engine", "محرك" }, { "engineer", "مهندس" }, { "envelope", "ظرف" }, { "eraser", "ممحاة" },
	{ "factory", "مصنع" }, { "falcon", "صقر" }, { "farm", "مزرعة" }, { "farmer", "فلاح" },
	{ "feather", "ريشة" }, { "fence", "سياج" }, { "field", "حقل" }, { "fish", "سمكة" },
	{ "flour", "طحين" }, { "flower", "زهرة" }, { "forest", "غابة" }, { "fox", "ثعلب" },
	{ "friend", "صديق" }, { "game", "لعبة" }, { "garden", "حديقة" }, { "garlic", "ثوم" },
	{ "gazelle", "غزال" }, { "gift", "هدية" }, { "ginger", "زنجبيل" }, { "giraffe", "زرافة" },
	{ "glass", "زجاج" }, { "glove", "قفاز" }, { "goat", "ماعز" }, { "gold", "ذهب" },
	{ "grape", "عنب" }, { "guard", "حارس" }, { "gull", "نورس" }, { "hammer", "مطرقة" },
	{ "harbor", "ميناء" }, { "hazelnut", "بندق" }, { "hedgehog", "قنفذ" }, { "honey", "عسل" },
	{ "hoopoe", "هدهد" }, { "horse", "حصان" }, { "hospital", "مستشفى" }, { "ice", "جليد" },
	{ "iron", "حديد" }, { "island", "جزيرة" }, { "jasmine", "ياسمين" }, { "journey", "رحلة" },
	{ "juice", "عصير" }, { "kangaroo", "كنغر" }, { "kettle", "إبريق" }, { "key", "مفتاح" },
	{ "kitchen", "مطبخ" }, { "lake", "بحيرة" }, { "lantern", "فانوس" }, { "lemon", "ليمون" },
	{ "lentil", "عدس" }, { "leopard", "فهد" }, { "letter", "رسالة" }, { "library", "مكتبة" },
	{ "lightning", "برق" }, { "lion", "أسد" }, { "lynx", "وشق" }, { "magnet", "مغناطيس" },
	{ "mango", "مانجو" }, { "map", "خريطة" }, { "market", "سوق" }, { "mast", "صاري" },
	{ "melon", "شمام" }, { "microscope", "مجهر" }, { "milk", "حليب" }, { "mint", "نعناع" },
	{ "mirror", "مرآة" }, { "moon", "قمر" }, { "morning", "صباح" }, { "moss", "طحلب" },
	{ "mountain", "جبل" }, { "museum", "متحف" }, { "nail", "مسمار" }, { "necklace", "قلادة" },
	{ "needle", "إبرة" }, { "nest", "عش" }, { "net", "شبكة" }, { "night", "ليل" },
	{ "nightingale", "بلبل" }, { "notebook", "دفتر" }, { "nurse", "ممرضة" }, { "oak", "بلوط" },
	{ "octopus", "أخطبوط" }, { "olive", "زيتون" }, { "onion", "بصل" }, { "orange", "برتقال" },
	{ "ostrich", "نعامة" }, { "oven", "فرن" }, { "panda", "باندا" }, { "parrot", "ببغاء" },
	{ "peacock", "طاووس" }, { "pearl", "لؤلؤة" }, { "pen", "قلم" }, { "pepper", "فلفل" },
	{ "phone", "هاتف" }, { "picture", "صورة" }, { "pillow", "وسادة" }, { "pine", "صنوبر" },
	{ "pistachio", "فستق" }, { "plane", "طائرة" }, { "pocket", "جيب" }, { "poem", "قصيدة" },
	{ "pomegranate", "رمان" }, { "potato", "بطاطس" }, { "pumpkin", "يقطين" }, { "pyramid", "هرم" },
	{ "rabbit", "أرنب" }, { "rain", "مطر" }, { "ribbon", "شريط" }, { "ring", "خاتم" },
	{ "river", "نهر" }, { "road", "طريق" }, { "roof", "سقف" }, { "rooster", "ديك" },
	{ "rose", "وردة" }, { "rug", "حصيرة" }, { "ruler", "مسطرة" }, { "saddle", "سرج" },
	{ "saffron", "زعفران" }, { "salt", "ملح" }, { "sand", "رمل" }, { "saw", "منشار" },
	{ "scale", "ميزان" }, { "scarf", "وشاح" }, { "school", "مدرسة" }, { "scissors", "مقص" },
	{ "sea", "بحر" }, { "sesame", "سمسم" }, { "shark", "قرش" }, { "sheep", "خروف" },
	{ "shelf", "رف" }, { "ship", "سفينة" }, { "shirt", "قميص" }, { "shovel", "مجرفة" },
	{ "silver", "فضة" }, { "sky", "سماء" }, { "snow", "ثلج" }, { "soap", "صابون" },
	{ "sparrow", "عصفور" }, { "spider", "عنكبوت" }, { "spinach", "سبانخ" }, { "sponge", "إسفنجة" },
	{ "spoon", "ملعقة" }, { "square", "مربع" }, { "squirrel", "سنجاب" }, { "stairs", "درج" },
	{ "stamp", "طابع" }, { "star", "نجم" }, { "station", "محطة" }, { "stone", "حجر" },
	{ "story", "قصة" }, { "street", "شارع" }, { "student", "طالب" }, { "sugar", "سكر" },
	{ "summer", "صيف" }, { "sun", "شمس" }, { "swan", "بجعة" }, { "table", "طاولة" },
	{ "tent", "خيمة" }, { "thread", "خيط" }, { "thunder", "رعد" }, { "thyme", "زعتر" },
	{ "tomato", "طماطم" }, { "towel", "منشفة" }, { "tree", "شجرة" }, { "triangle", "مثلث" },
	{ "truck", "شاحنة" }, { "tulip", "توليب" }, { "tunnel", "نفق" }, { "turnip", "لفت" },
	{ "turtle", "سلحفاة" }, { "umbrella", "مظلة" }, { "valley", "وادي" }, { "village", "قرية" },
	{ "vinegar", "خل" }, { "volcano", "بركان" }, { "wagon", "عربة" }, { "waterfall", "شلال" },
	{ "well", "بئر" }, { "whale", "حوت" }, { "wheel", "عجلة" }, { "wind", "ريح" },
	{ "window", "نافذة" }, { "winter", "شتاء" }, { "wood", "خشب" }, { "yogurt", "لبن" },
};

const char *text_word_english(uint8_t byte)
{
	return WORDS[byte].english;
}

const char *text_word_arabic(uint8_t byte)
{
	return WORDS[byte].arabic;
}
