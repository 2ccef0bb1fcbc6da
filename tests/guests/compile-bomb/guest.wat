;; A few kilobytes that keep a compiler busy for many minutes: each of the loops must carry each of
;; the variables. `(; repeat 3 ;) ... (; end ;)` stands for its content three times, in which `%` is the
;; number of the time.
(func (export "limpid:plugin/scheme@0.1.0#keys") (param i32 i32) (result i32)
  (; repeat 1500 ;) (local $v% i32) (; end ;)
  (; repeat 1500 ;) (loop (; end ;)
  (; repeat 1500 ;) (local.set $v% (i32.add (local.get $v%) (i32.const 1))) (br_if % (local.get $v%)) (; end ;)
  (; repeat 1500 ;) ) (; end ;)
  (call $list (i32.const 0) (i32.const 0)))
