"""The practical tests of the demonstration: key steps in order, in both languages. Invented by us; no college's test paper."""

from .model import Rubric, Step


def _rubric(
    course: str,
    minutes: int,
    title: tuple[str, str],
    skill: tuple[str, str],
    *steps: tuple[str, bool, str, str],
) -> Rubric:
    made = tuple(Step(id_, en, zh, critical) for id_, critical, en, zh in steps)
    return Rubric(f"{course}-1", course, 1, *title, *skill, minutes, made)


_ALL = (
    _rubric(
        "plc",
        45,
        ("Start-stop circuit and ladder program", "起停控制电路与梯形图程序"),
        ("Wire and program a motor control", "电动机控制电路接线与编程"),
        (
            "dead",
            True,
            "Prove dead before work: isolate, lock off, test the tester, test, test the tester again",
            "作业前验电：断电、上锁挂牌，先验表、再验电、后复验表",
        ),
        (
            "wire",
            True,
            "Wire a start-stop circuit with self-holding from the diagram",
            "按电路图接好带自锁的起停控制电路",
        ),
        ("ladder", False, "Load and test a ladder program", "下载并调试梯形图程序"),
        ("fault", False, "Find a set fault in ten minutes", "十分钟内查出预设故障"),
        (
            "stop",
            True,
            "Explain the emergency stop: why it is normally closed and wired, not programmed",
            "说明急停为何用常闭触点、采用硬接线而不靠程序实现",
        ),
    ),
    _rubric(
        "cnc",
        50,
        ("Set up a milling machine and cut the first part", "数控铣床对刀与首件加工"),
        ("Set up a machining centre", "数控机床对刀与首件加工"),
        (
            "guards",
            True,
            "Check guards, vice and emergency stop before switching on",
            "开机前检查防护门、平口钳和急停按钮",
        ),
        (
            "home",
            False,
            "Reference the axes, clamp and align the workpiece",
            "各轴回参考点，装夹并找正工件",
        ),
        ("g54", True, "Set the work offset G54", "设定工件坐标系 G54"),
        ("length", True, "Set the tool length", "设定刀具长度补偿"),
        (
            "dry",
            True,
            "Prove the program in single block above the part",
            "抬刀后以单段方式空运行，校验程序",
        ),
        (
            "measure",
            False,
            "Measure the first part and correct the offset",
            "测量首件并修正补偿值",
        ),
    ),
    _rubric(
        "ladle",
        40,
        ("Prepare an alloy addition safely", "安全备料：合金加料准备"),
        ("Handle alloys at the ladle", "合金备料与安全加料"),
        (
            "ppe",
            True,
            "Put on heat clothing, face shield and gloves; point out the way of escape",
            "穿戴隔热服、面罩和手套，指出撤离路线",
        ),
        ("moisture", True, "Show that alloy and tools are dry", "确认合金料和工具干燥无水分"),
        (
            "amount",
            False,
            "Work out the addition from the analysis and the weight of steel",
            "根据化验成分和钢水量计算加入量",
        ),
        (
            "weigh",
            False,
            "Weigh, label and lay out the alloys in the order of addition",
            "按加料顺序称量、标识并摆放合金",
        ),
        (
            "signals",
            True,
            "Agree the signals with the crane and argon operators",
            "与行车工、吹氩工确认联络信号",
        ),
        ("record", False, "Record time, weight and temperature", "记录加料时间、重量和温度"),
    ),
    _rubric(
        "bar",
        40,
        ("Change and set a roll guide with the mill stopped", "停机更换并调整轧机导卫"),
        ("Set up a rolling stand", "轧机导卫安装与调整"),
        (
            "lock",
            True,
            "Stop the stand, lock it off and try to start it",
            "停机、上锁挂牌并试启动确认",
        ),
        ("roll", False, "Check the groove for wear and cracks", "检查轧槽磨损和裂纹"),
        ("guide", True, "Fit the guide and centre it on the groove", "安装导卫并与轧槽对中"),
        ("gap", False, "Set the roll gap with the feeler gauge", "用塞尺调整辊缝"),
        (
            "clear",
            True,
            "Count the tools and clear the line before release",
            "清点工具，确认人员撤离后方可解锁",
        ),
    ),
    _rubric(
        "fitter",
        90,
        ("File and fit a square to its frame", "锉配四方体"),
        ("Bench fitting", "钳工锉配"),
        (
            "mark",
            False,
            "Mark out from the drawing with height gauge and square",
            "按图样用高度尺和直角尺划线",
        ),
        ("saw", False, "Saw with an even allowance for filing", "锯割，锉削余量均匀"),
        ("file", False, "File flat and square", "锉削，保证平面度和垂直度"),
        ("fit", True, "Fit with no light gap over 0.06 mm", "配合间隙不大于 0.06 mm"),
        (
            "safe",
            True,
            "Keep eye protection on, tools handled and edges broken",
            "全程佩戴护目镜，工具有柄，锐边倒钝",
        ),
    ),
    _rubric(
        "elauto",
        45,
        ("Commission a frequency converter drive", "变频器调速系统调试"),
        ("Commission electric drives", "电气传动系统调试"),
        (
            "dead",
            True,
            "Isolate and wait out the capacitor's discharge time; prove dead",
            "断电并等待电容放电，验电确认",
        ),
        (
            "wire",
            True,
            "Connect mains, motor and earth without mixing input and output",
            "正确连接电源、电机和接地线，不接反输入输出",
        ),
        ("plate", False, "Enter the motor's plate data", "按电机铭牌设定参数"),
        ("run", False, "Run up to three speeds from the terminals", "用外部端子实现三段速运行"),
        ("trip", False, "Read a trip and name its cause", "读取故障代码并说明原因"),
    ),
    _rubric(
        "maintelec",
        45,
        ("Repair a motor starter", "电动机起动控制柜检修"),
        ("Find and mend electrical faults", "电气故障查找与检修"),
        ("lock", True, "Lock off, tag and prove dead", "上锁挂牌并验电"),
        (
            "test",
            True,
            "Test insulation and continuity with the right range",
            "选对量程，测量绝缘电阻和通断",
        ),
        (
            "find",
            False,
            "Find the fault from the schematic, not by swapping parts",
            "对照原理图查找故障，不盲目换件",
        ),
        (
            "mend",
            False,
            "Replace the part and restore every wire's number",
            "更换元件，恢复全部线号",
        ),
        (
            "hand",
            True,
            "Remove own lock, test run and hand over in writing",
            "本人解锁，试运行并书面交接",
        ),
    ),
    _rubric(
        "zhplus",
        15,
        ("Answer safety orders given in Chinese", "听懂中文安全指令并作出反应"),
        ("Understand safety Chinese", "安全用语听说"),
        ("stop", True, "Act at once on “停！” (stop)", "听到“停！”立即停止操作"),
        ("power", True, "Cut the power on “断电” (switch off)", "听到“断电”切断电源"),
        (
            "read",
            False,
            "Read five signs at the machines and say their meaning in English",
            "认读设备旁的五块标牌并用英语说出含义",
        ),
        ("tools", False, "Name eight tools in Chinese", "用中文说出八种工具的名称"),
        ("help", False, "Report a fault in one Chinese sentence", "用一句中文报告故障"),
    ),
)
RUBRICS: dict[str, Rubric] = {rubric.course_id: rubric for rubric in _ALL}
