// Block devices, discs and other storage.

extension ConstantTable {
    static let blkpgOperations = ConstantTable("BLKPG_???", """
        BLKPG_ADD_PARTITION 1 BLKPG_DEL_PARTITION 2 BLKPG_RESIZE_PARTITION 3
        """)
}
