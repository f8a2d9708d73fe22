"""True events in our own words: in both languages, twice in one, and look-alikes that are other events."""

# (day, in English, in Chinese)
CROSS_LANGUAGE = [
    (
        "2013-12-05",
        "China's central bank tells lenders to stay away from bitcoin",
        "央行等五部委：银行不得开展比特币相关业务",
    ),
    (
        "2017-09-04",
        "China bans initial coin offerings, calling them illegal fundraising",
        "七部门叫停代币发行融资 ICO被定性为非法",
    ),
    (
        "2021-05-18",
        "Chinese financial associations warn against cryptocurrency trading",
        "三协会发声：防范虚拟货币交易炒作风险",
    ),
    (
        "2021-09-24",
        "China's central bank declares all cryptocurrency transactions illegal",
        "人民银行：虚拟货币相关业务活动属于非法金融活动",
    ),
    (
        "2021-09-24",
        "Beijing orders phase-out of cryptocurrency mining projects",
        "发改委等部门整治虚拟货币挖矿 禁止新增项目",
    ),
    (
        "2021-04-10",
        "China fines Alibaba a record 18.2 billion yuan in antitrust case",
        "阿里巴巴因垄断行为被罚182.28亿元",
    ),
    (
        "2021-10-08",
        "Meituan fined 3.4 billion yuan over monopoly practices",
        "市场监管总局对美团罚款34.42亿元",
    ),
    (
        "2021-07-02",
        "China's cyberspace regulator launches security review of Didi",
        "网信办对滴滴启动网络安全审查",
    ),
    ("2022-07-21", "Didi fined $1.2 billion as data probe ends", "国家网信办对滴滴罚款80.26亿元"),
    (
        "2021-08-30",
        "China limits minors to three hours of online games a week",
        "新闻出版署：未成年人每周玩网络游戏不得超过3小时",
    ),
    (
        "2021-08-20",
        "China passes personal information protection law",
        "个人信息保护法表决通过 11月1日起施行",
    ),
    ("2021-06-10", "China's legislature adopts Data Security Law", "全国人大常委会通过数据安全法"),
    (
        "2023-07-13",
        "China publishes interim rules on generative AI services",
        "七部门公布生成式人工智能服务管理暂行办法",
    ),
    (
        "2023-07-03",
        "China to restrict exports of gallium and germanium",
        "商务部、海关总署：对镓、锗相关物项实施出口管制",
    ),
    (
        "2023-05-21",
        "China bars Micron from key infrastructure after security review",
        "美光产品未通过网络安全审查 关键信息基础设施停止采购",
    ),
    ("2023-07-07", "Ant Group hit with nearly $1 billion fine", "蚂蚁集团被罚71.23亿元"),
    ("2023-10-25", "China inaugurates National Data Administration", "国家数据局正式揭牌"),
    (
        "2023-12-22",
        "China drafts new curbs on spending in online games",
        "网络游戏管理办法公开征求意见 拟限制充值",
    ),
    ("2024-03-22", "China eases rules on cross-border data transfers", "国家网信办放宽数据出境规定"),
    (
        "2024-12-09",
        "China opens antitrust investigation into Nvidia",
        "市场监管总局对英伟达立案调查 涉嫌违反反垄断法",
    ),
    ("2025-02-04", "China launches antitrust probe into Google", "谷歌涉嫌违反反垄断法 市场监管总局立案调查"),
    (
        "2025-04-04",
        "China imposes export controls on seven rare earths",
        "中国对7类中重稀土相关物项实施出口管制",
    ),
    (
        "2025-03-14",
        "China to require labels on AI-generated content from September",
        "四部门发布办法：人工智能生成合成内容须添加标识 9月1日起施行",
    ),
    (
        "2025-07-31",
        "China summons Nvidia over security risks of H20 chips",
        "网信办就H20芯片后门风险约谈英伟达",
    ),
    (
        "2025-10-09",
        "Beijing widens export curbs on rare earth technology",
        "商务部宣布对稀土相关技术实施出口管制",
    ),
    (
        "2020-10-12",
        "Shenzhen gives away 10 million yuan in digital currency red packets",
        "深圳向个人发放1000万元数字人民币红包",
    ),
    ("2022-01-04", "China releases digital yuan wallet app", "数字人民币App上架各大应用商店"),
    (
        "2021-07-16",
        "PBoC white paper: digital yuan tests reach 34.5 billion yuan",
        "央行发布数字人民币白皮书 交易金额达345亿元",
    ),
    ("2020-11-03", "Shanghai exchange suspends Ant Group's listing", "上交所暂缓蚂蚁集团上市"),
    ("2021-12-20", "Livestream star Viya fined 1.34 billion yuan for tax evasion", "薇娅偷逃税被罚13.41亿元"),
    ("2023-08-24", "Japan begins release of Fukushima wastewater into the sea", "日本启动福岛核污染水排海"),
    ("2022-09-23", "US Fed raises interest rates by 75 basis points", "美联储加息75个基点"),
    ("2024-01-10", "SEC approves first spot bitcoin ETFs", "美国证交会批准首批现货比特币ETF"),
    (
        "2023-11-21",
        "Binance founder Changpeng Zhao pleads guilty in money laundering case",
        "币安创始人赵长鹏认罪 涉洗钱",
    ),
    ("2023-11-17", "OpenAI fires chief executive Sam Altman", "OpenAI解雇首席执行官奥特曼"),
    ("2022-10-27", "Elon Musk completes takeover of Twitter", "马斯克完成收购推特"),
    (
        "2023-02-06",
        "Powerful earthquake kills thousands in Turkey and Syria",
        "土耳其、叙利亚强震已致数千人遇难",
    ),
    ("2025-01-27", "Nvidia shares plunge as DeepSeek rattles AI stocks", "DeepSeek冲击美股 英伟达股价暴跌"),
    (
        "2020-08-06",
        "Trump signs order to ban transactions with WeChat and TikTok",
        "特朗普签令禁止与微信、TikTok交易",
    ),
    ("2021-01-06", "Trump supporters storm US Capitol", "特朗普支持者冲进美国国会"),
]

# (day of the first, its title, days later, title of the second): one event in one language
SAME_LANGUAGE = [
    (
        "2021-09-24",
        "关于进一步防范和处置虚拟货币交易炒作风险的通知（银发〔2021〕237号）",
        0,
        "人民银行等十部门发布关于进一步防范和处置虚拟货币交易炒作风险的通知",
    ),
    (
        "2021-04-10",
        "快讯｜市场监管总局对阿里巴巴作出行政处罚 罚款182.28亿元",
        0,
        "阿里巴巴被市场监管总局罚款182.28亿元",
    ),
    (
        "2021-09-24",
        "China's central bank says all crypto transactions are illegal",
        0,
        "China declares all crypto transactions illegal, central bank says - Wire",
    ),
    (
        "2023-07-03",
        "China restricts exports of two chipmaking metals",
        1,
        "China curbs exports of key chipmaking metals gallium, germanium",
    ),
    ("2023-10-25", "国家数据局今日正式揭牌", 0, "国家数据局揭牌，数字中国建设翻开新一页"),
    (
        "2024-12-09",
        "英伟达涉嫌违反反垄断法，市场监管总局立案调查",
        0,
        "市场监管总局：依法对英伟达公司开展立案调查",
    ),
    (
        "2022-01-04",
        "数字人民币试点版App上架应用商店",
        0,
        "数字人民币（试点版）App可在应用商店下载了，有哪些看点？",
    ),
    (
        "2021-07-02",
        "Update: China probes Didi days after its US listing",
        0,
        "China launches probe into Didi days after New York IPO",
    ),
]

# (day of the first, its title, days later, title of the second, same outlet): two events; a few are adapted
LOOK_ALIKES = [
    (
        "2024-03-14",
        "工信部通报2024年第2批侵害用户权益行为的App",
        1,
        "工信部通报2024年第3批侵害用户权益行为的App",
        True,
    ),
    (
        "2024-05-13",
        "国家统计局：4月份居民消费价格同比上涨0.3%",
        0,
        "国家统计局：3月份居民消费价格同比上涨0.1%",
        True,
    ),
    ("2023-11-01", "中国人民银行公告〔2023〕第12号", 0, "中国人民银行公告〔2023〕第13号", True),
    (
        "2021-09-24",
        "关于整治虚拟货币活动的通知（银发〔2021〕237号）",
        0,
        "关于整治虚拟货币活动的通知（银发〔2021〕240号）",
        True,
    ),
    (
        "2023-06-12",
        "MIIT reports on app privacy violations, batch 2",
        2,
        "MIIT reports on app privacy violations, batch 3",
        True,
    ),
    (
        "2024-04-16",
        "China's industrial output rises 4.5% in March",
        1,
        "China's industrial output rises 7% in February",
        False,
    ),
    (
        "2025-09-11",
        "网信办依法查处甲平台破坏网络生态案件 涉小红书",
        3,
        "网信办依法查处乙平台破坏网络生态案件 涉快手",
        True,
    ),
    (
        "2021-07-02",
        "China launches cybersecurity review of Didi",
        3,
        "China launches cybersecurity review of Boss Zhipin",
        False,
    ),
    ("2024-12-09", "市场监管总局对英伟达立案调查", 2, "市场监管总局对高通立案调查", True),
    ("2022-05-18", "Finland applies to join NATO", 1, "Turkey says it opposes Finland joining NATO", False),
    ("2024-02-20", "商务部召开例行新闻发布会", 3, "外交部召开例行新闻发布会", False),
    (
        "2023-03-01",
        "财政部发布2023年第一批地方政府债券公告",
        0,
        "财政部发布2023年第二批地方政府债券公告",
        True,
    ),
    (
        "2023-05-10",
        "Bitcoin drops below $28,000 with a 1.2% decrease in 24 hours",
        0,
        "Bitcoin drops below $27,000 with a 2.3% decrease in 24 hours",
        True,
    ),
    ("2023-08-15", "央行开展2040亿元逆回购操作 利率1.8%", 1, "央行开展2970亿元逆回购操作 利率1.8%", True),
    ("2022-07-12", "深圳市发放3000万元数字人民币红包", 2, "成都市发放2000万元数字人民币红包", False),
    ("2021-08-20", "全国人大常委会通过个人信息保护法", 0, "全国人大常委会通过法律援助法", True),
    (
        "2024-07-01",
        "China Focus: 11th Digital Trade Expo opens in Hangzhou",
        0,
        "12th Digital Trade Expo opens in Hangzhou",
        False,
    ),
    ("2023-07-07", "China fines Ant Group nearly $1 billion", 0, "中国对腾讯旗下财付通罚款近30亿元", False),
    ("2024-01-11", "US approves spot bitcoin ETFs", 1, "香港批准首批虚拟资产现货ETF", False),
    (
        "2025-02-04",
        "China opens antitrust probe into Google",
        0,
        "商务部将两家美国企业列入不可靠实体清单",
        False,
    ),
]
