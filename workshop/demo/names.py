"""Pools from which the demonstration's people take their names, firms and homes. All invented as persons and firms; no drawing.

Ugandan names have no fixed order and often no family name that is shared, so a full name is one text.
"""

# By region: names that men and that women carry.
LOCAL_NAMES = {
    "m": (
        *("Wandera", "Masaba", "Wekesa", "Gidudu", "Wabwire", "Mafabi", "Wanyama", "Wamimbi", "Kuloba"),
        *("Musamali", "Magombe", "Nangoli", "Okello", "Opio", "Ekwaru", "Emorut", "Oluka", "Okiror", "Ejoku"),
        *("Omoding", "Mukasa", "Kato", "Ssemakula", "Lubega", "Kasozi", "Kizito", "Mutebi", "Mugisha"),
        *("Tumusiime", "Byaruhanga", "Muhwezi", "Barigye"),
    ),
    "f": (
        *("Mutonyi", "Nambozo", "Nandutu", "Khainza", "Nafula", "Namono", "Nekesa", "Nasike", "Kakai"),
        *("Muyama", "Neumbe", "Namarome", "Apio", "Amuron", "Akiror", "Asekenye", "Anyait", "Apolot"),
        *("Among", "Ikilai", "Nakato", "Babirye", "Nalwoga", "Nansubuga", "Namutebi", "Nakabugo"),
        *("Tumusiime", "Kyomuhendo", "Kobusingye", "Atuhaire", "Ninsiima"),
    ),
}
GIVEN_NAMES = {
    "m": (
        *("Moses", "Peter", "Joseph", "David", "Samuel", "Isaac", "Emmanuel", "Robert", "Brian", "Ivan"),
        *(
            "Patrick",
            "Denis",
            "Simon",
            "Godfrey",
            "Ronald",
            "Julius",
            "Charles",
            "Stephen",
            "Paul",
            "Francis",
        ),
        *(
            "Geoffrey",
            "Martin",
            "Ibrahim",
            "Hassan",
            "Umar",
            "Yusuf",
            "Musa",
            "Ismail",
            "Juma",
            "Twaha",
            "Sulaiman",
        ),
    ),
    "f": (
        *("Grace", "Mary", "Sarah", "Esther", "Ruth", "Agnes", "Rebecca", "Florence", "Juliet", "Harriet"),
        *("Christine", "Irene", "Joan", "Prossy", "Betty", "Judith", "Lydia", "Rose", "Winnie", "Doreen"),
        *("Aisha", "Fatuma", "Zainab", "Hadijah", "Mariam", "Sumaya", "Rehema", "Amina", "Shamim"),
    ),
}

# Put in by hand, because software breaks on them. The long one has 60 letters.
APOSTROPHES = "Ng'ang'a Peter"
HYPHEN = "O'Kello-Smith Janet"
SINGLE = "Nabirye"
LONGEST = "Ssebuliba Kyeyune Lwangalwalukka Nnamugambabyebaawandiika Mukasa"
TWINS = ("Kato Ssemwogerere", "Nakato Ssemwogerere")
OKOT = "Okot Daniel"
NEAR = ("Wabwire Hassan", "Wabwire Hasan")

ZH_FAMILY = "李王张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗"
ZH_GIVEN = {
    "m": (
        "明德",
        "志强",
        "建国",
        "文博",
        "海涛",
        "立新",
        "大山",
        "子安",
        "永乐",
        "思远",
        "和平",
        "天佑",
        "学勤",
        "光明",
    ),
    "f": (
        "美丽",
        "思雨",
        "晓云",
        "文静",
        "春花",
        "安娜",
        "慧心",
        "丽娟",
        "玉兰",
        "雅琴",
        "佳宁",
        "可欣",
        "若兰",
        "乐怡",
    ),
}

DISTRICTS = ("Mbale", "Sironko", "Bududa", "Manafwa", "Tororo", "Kumi", "Soroti", "Jinja", "Kampala")

COLLEGE = "UTC Elgon"
SCHOOLS = (
    *("Nabuyonga Technical School", "Wanale View Technical Institute", "Namatala Technical School"),
    *("Bukigai Technical School", "Nagudi Technical Institute", "Buwalasi Hill Technical School"),
    *("Lwakhakha Technical School", "Malaba Gate Technical Institute", "Osukuru Technical School"),
    *("Bukedea Road Technical School", "Awoja Technical Institute", "Kyere Technical School"),
    "Budondo Technical Institute",
)

# The park's firms and the department whose trades they need.
FIRMS = (
    ("Mount Elgon Bar Mill", "metallurgy"),
    ("Kingfisher Steel Works", "metallurgy"),
    ("Crested Crane Castings", "metallurgy"),
    ("Sipi Light Fittings", "electrical"),
    ("Manafwa Cable Works", "electrical"),
    ("Blue Nile Display Factory", "electrical"),
    ("Bugisu Solar Assembly", "electrical"),
    ("Eastern Switchgear", "electrical"),
    ("Wanale Machine Parts", "mechanical"),
    ("Nkokonjeru Pumps", "mechanical"),
    ("Gishu Bicycle Works", "mechanical"),
    ("Granite Hill Tools", "mechanical"),
    ("Two Rivers Plastics", "general"),
    ("Acacia Textile Mill", "general"),
    ("Arabica Packaging", "general"),
    ("Sunbird Detergents", "general"),
)

# Ten people for twelve trips: the second and the sixth come twice.
VISITING = (
    ("Zhao Zhigang", "赵志刚"),
    ("Sun Jianhua", "孙建华"),
    ("Ouyang Hai", "欧阳海"),
    ("Liu Min", "刘敏"),
    ("Chen Guoqiang", "陈国强"),
    ("Yang Shuo", "杨硕"),
    ("Ma Tengfei", "马腾飞"),
    ("Zhou Xiaoli", "周晓丽"),
    ("Xu Wenjing", "许文静"),
    ("Gao Feng", "高峰"),
)
TRIPS = {
    f"{batch}-{n}": person
    for batch, trip in (("B1", (0, 1)), ("B2", (2, 3, 4, 5)), ("B3", (1, 6, 5, 7, 8, 9)))
    for n, person in enumerate(trip, 1)
}
# The first nine teach at the college, the last five at the park's training base.
LOCAL_INSTRUCTORS = (
    *("Akello Grace", "Wekesa Paul", "Namutebi Joan", "Okiror Stephen", "Mafabi Robert", "Asekenye Ruth"),
    *("Kuloba Isaac", "Mukasa Geoffrey", "Nafula Irene", "Gidudu Samuel", "Khainza Lydia", "Emorut Denis"),
    *("Babirye Agnes", "Magombe Charles"),
)
