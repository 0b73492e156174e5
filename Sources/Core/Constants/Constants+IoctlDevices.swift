// Block devices, discs and other storage.

extension ConstantTable {
    static let blkpgOperations = ConstantTable("BLKPG_???", """
        BLKPG_ADD_PARTITION 1 BLKPG_DEL_PARTITION 2 BLKPG_RESIZE_PARTITION 3
        """)
    static let sgDirections = ConstantTable("SG_DXFER_???", """
        SG_DXFER_NONE -1 SG_DXFER_TO_DEV -2 SG_DXFER_FROM_DEV -3 SG_DXFER_TO_FROM_DEV -4 SG_DXFER_UNKNOWN -5
        """)
    static let sgFlags = ConstantTable("SG_FLAG_???", """
        SG_FLAG_DIRECT_IO 0x1 SG_FLAG_UNUSED_LUN_INHIBIT 0x2 SG_FLAG_MMAP_IO 0x4 SG_FLAG_NO_DXFER 0x10000
        SG_FLAG_Q_AT_TAIL 0x10 SG_FLAG_Q_AT_HEAD 0x20
        """)
    static let sgInformation = ConstantTable("SG_INFO_???", "SG_INFO_CHECK 0x1 SG_INFO_DIRECT_IO 0x2 SG_INFO_MIXED_IO 0x4")
    static let sgResetFlags = ConstantTable("", "SG_SCSI_RESET_NO_ESCALATE 0x100")
    static let sgResets = ConstantTable("SG_SCSI_RESET_???", """
        SG_SCSI_RESET_NOTHING 0 SG_SCSI_RESET_DEVICE 1 SG_SCSI_RESET_BUS 2 SG_SCSI_RESET_HOST 3 SG_SCSI_RESET_TARGET 4
        """)
    static let bsgProtocols = ConstantTable("BSG_PROTOCOL_???", "BSG_PROTOCOL_SCSI 0")
    static let bsgSubprotocols = ConstantTable("BSG_SUB_PROTOCOL_???", """
        BSG_SUB_PROTOCOL_SCSI_CMD 0 BSG_SUB_PROTOCOL_SCSI_TMF 1 BSG_SUB_PROTOCOL_SCSI_TRANSPORT 2
        """)
    static let bsgFlags = ConstantTable("BSG_FLAG_???", "BSG_FLAG_Q_AT_TAIL 0x10 BSG_FLAG_Q_AT_HEAD 0x20")
}
