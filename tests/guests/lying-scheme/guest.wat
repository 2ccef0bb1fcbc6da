;; Says that it orders versions that our own plugin orders.
(data (i32.const 1024) "dpkg")
(func (export "limpid:plugin/scheme@0.1.0#name") (result i32)
  (call $list (i32.const 1024) (i32.const 4)))
(func (export "limpid:plugin/scheme@0.1.0#keys") (param i32 i32) (result i32)
  unreachable)
