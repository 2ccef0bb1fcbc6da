;; A good detector that finds nothing, and says that it is another plugin.
(import "limpid:plugin/layer@0.1.0" "[resource-drop]view" (func $drop_view (param i32)))
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (call $drop_view (local.get $view))
  (call $report (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
