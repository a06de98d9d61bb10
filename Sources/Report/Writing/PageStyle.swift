/// The page's style: light and dark, narrow and wide, and print.
enum PageStyle {
  static let text = """

    :root{--bg:#fff;--fg:#1a1a1a;--soft:#55595e;--line:#d5d8dc;--box:#f4f6f8;--link:#0b5394;--warn:#8a3b00}
    .c0{--c:#0072B2}.c1{--c:#D55E00}.c2{--c:#009E73}.c3{--c:#CC79A7}.c4{--c:#E69F00}.c5{--c:#56B4E9}.c6{--c:#000}.c7{--c:#7F7F7F}
    @media screen and (prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e8eaed;--soft:#a9b0b7;--line:#3b4147;--box:#1e2327;--link:#8ec7ff;--warn:#ffb27a}
    .c0{--c:#3A9BDC}.c6{--c:#fff}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:76rem;padding:0 1rem 4rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
    h1{font-size:1.7rem;line-height:1.25;overflow-wrap:anywhere}h2{font-size:1.35rem;margin-top:2.5rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}h3{font-size:1.08rem;margin-top:1.8rem}
    p,li{max-width:48rem}p,li,caption,figcaption,summary,nav,.w{overflow-wrap:anywhere}.w{min-width:7rem}a{color:var(--link)}
    :focus-visible{outline:3px solid var(--link);outline-offset:2px}
    .skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;background:var(--bg);padding:.3rem}
    nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:1rem 0}
    .box{background:var(--box);border-left:4px solid var(--warn);padding:.4rem 1rem;margin:1rem 0}.box h2{border:0;margin:.4rem 0}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem;margin:.6rem 0}
    caption{text-align:left;color:var(--soft);padding-bottom:.4rem;max-width:60rem}
    th,td{padding:.28rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
    thead th{border-bottom:2px solid var(--fg);vertical-align:bottom}tbody th{font-weight:600}
    .n{text-align:right}td.n{white-space:nowrap}tbody th{min-width:7rem;overflow-wrap:anywhere}th button{font:inherit;font-weight:600;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:inherit;min-height:24px}
    th[aria-sort=ascending] button::after{content:" \\25B2"}th[aria-sort=descending] button::after{content:" \\25BC"}
    tbody tr:hover{background:var(--box)}
    figure{margin:1.2rem 0}figure svg{display:block;width:100%;max-width:60rem;min-width:34rem;height:auto}figcaption{color:var(--soft);font-size:.9rem;max-width:60rem}
    svg text{font-size:12.5px;fill:var(--fg);paint-order:stroke;stroke:var(--bg);stroke-width:3px}.g,.a,.r,.l,.t,.h,.o{fill:none}.g{stroke:var(--line)}.a{stroke:var(--soft)}.r{stroke:var(--soft);stroke-dasharray:4 3}
    .l{stroke:var(--c);stroke-width:2}.t{stroke:var(--c);stroke-width:1.3;opacity:.85}.d{fill:var(--c);opacity:.6}.h{stroke:var(--c);stroke-width:1.6}
    .m{fill:var(--c);stroke:var(--bg);stroke-width:1}.o{stroke:var(--c);stroke-width:2}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;padding:0;margin:.3rem 0;font-size:.9rem}.legend svg{display:inline-block;width:34px;min-width:0;vertical-align:-1px}
    details{margin:.8rem 0}summary{cursor:pointer}
    select,input{font:inherit;max-width:100%;padding:.2rem;color:var(--fg);background:var(--bg);border:1px solid var(--soft)}
    .pick{display:flex;flex-wrap:wrap;gap:.6rem}.pick label{display:block;max-width:100%}
    @media print{nav,.skip,.filter,.pick,#compare-note{display:none}body{max-width:none;font-size:10.5pt}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}
    table{font-size:7pt}th,td{padding:.15rem .25rem}td.n{white-space:normal}tbody th,.w{min-width:0}[id$=-matrix] :is(th,td){overflow-wrap:anywhere;padding:.1rem}figure svg{min-width:0}}

    """
}
