extension HTMLPage {
    /// What draws, filters and sorts. Columns are typed arrays, arguments stay in their blocks until they are shown: a
    /// million rows take some 40 bytes each beside their text.
    static let script: StaticString = #"""
        <script>
        "use strict";
        const $=id=>document.getElementById(id),D=JSON.parse($("data").textContent),blocks=[...document.querySelectorAll(".rows")].map(b=>b.textContent);
        const B=4096,M=D.rows,tid=new Int32Array(M),nm=new Uint16Array(M),st=new Float64Array(M),du=new Float64Array(M),rs=new Float64Array(M),er=new Uint16Array(M),pl=new Int32Array(M),at=new Uint32Array(M);
        let n=0;
        for(const text of blocks){let p=1;const end=text.length;
          while(p<end&&n<M){const num=()=>{let q=p,neg=false;if(text.charCodeAt(q)===45){neg=true;q++}let v=0,c,some=false;while((c=text.charCodeAt(q))>=48&&c<=57){v=v*10+c-48;q++;some=true}p=q+1;return some?(neg?-v:v):NaN};
            tid[n]=num();nm[n]=num();st[n]=num();du[n]=num();rs[n]=num();er[n]=num();const w=num();pl[n]=w!==w?-1:w;at[n]=p;n++;
            p=text.indexOf("\n",p);if(p<0)break;p++}}
        const N=n;
        const args=i=>{const t=blocks[i/B|0],a=at[i];return t.slice(a,t.indexOf("\n",a))};
        const names=D.names,errs=D.errors,comm=new Map(D.tasks.map(t=>[t.tid,t.comm]));
        const esc=s=>String(s).replace(/[&<>"]/g,c=>({"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;"}[c]));
        const show=v=>{if(v===null)return"NULL";if(Array.isArray(v))return"["+v.map(show).join(", ")+"]";
          if(typeof v==="object"){if("string"in v&&v.truncated)return JSON.stringify(v.string)+"…";if("base64"in v)return"base64:"+v.base64+(v.truncated?"…":"");
            if("late"in v)return"(LATE)";if("annotation"in v)return show(v.value)+"<"+v.annotation+">";if("changed"in v)return v.changed.map(show).join(" → ");if(v["..."]&&Object.keys(v).length===1)return"…";
            return"{"+Object.entries(v).map(([k,x])=>k==="..."?"…":k+"="+show(x)).join(", ")+"}"}
          if(typeof v==="string")return/^(0x[0-9a-f]+|[A-Z_0-9|x<~ ]+)$/.test(v)?v:JSON.stringify(v);return String(v)};
        const shown=i=>{try{return JSON.parse("["+args(i)+"]").map(show).join(", ")}catch(e){return args(i)}};
        const ns=v=>isNaN(v)?"–":v<1e3?v+" ns":v<1e6?(v/1e3).toFixed(1)+" µs":v<1e9?(v/1e6).toFixed(2)+" ms":(v/1e9).toFixed(3)+" s";
        const hue=k=>`hsl(${(k*137.5)%360} 62% 52%)`;
        // Findings and facts
        $("cmd").textContent=D.command.join(" ")||"attached: "+D.attached.join(", ");
        const lost=Object.entries(D.lost).map(([k,v])=>v+" lost: "+k).join(", ");
        let t0=Infinity,t1=-Infinity;for(let i=0;i<N;i++){if(st[i]<t0)t0=st[i];const e=st[i]+(du[i]||0);if(e>t1)t1=e}
        if(!N){t0=0;t1=1}if(t1<=t0)t1=t0+1;
        $("facts").innerHTML=`${N.toLocaleString()} calls of ${D.tasks.length} tasks in ${ns(t1-t0)} · ${esc(D.backend)} · ${new Date(D.start_unix_ms).toISOString()} · renacer ${esc(D.version)}`+(lost?` · <b class=bad>${esc(lost)}</b>`:"");
        if(D.findings.length){$("findings").hidden=false;for(const f of D.findings){const d=document.createElement("div");d.className="finding "+f.severity;
          d.innerHTML=`<b>${esc(f.title)}</b> <span class=dim>${esc(f.detector)}.${esc(f.rule)}, ${esc(f.severity)}, ${Math.round(f.confidence*100)} % sure</span><div>${f.evidence.map(e=>esc(e.name)+": "+esc(e.value)+" "+esc(e.unit||"")).join(" · ")}</div><div class=dim>${esc(f.reason||"")} ${esc(f.advice||"")}</div>`;$("findings").append(d)}}
        // Correlations: a cell for each two variables, red together, blue against each other
        if(D.analysis){const A=D.analysis,label=v=>esc(v.call+" "+v.quantity);$("analysis").hidden=false;$("windows").textContent=`Pearson's coefficients over ${A.windows} windows of ${ns(A.window_ns)}; red: rise together, blue: one falls`;
          $("matrix").innerHTML="<table><tr><td></td>"+A.variables.map(v=>`<th class=v>${label(v)}</th>`).join("")+"</tr>"+A.variables.map((v,i)=>`<tr><td>${label(v)}</td>`+A.correlation[i].map((r,j)=>`<td class=c title="${label(v)}, ${label(A.variables[j])}: ${r===null?"no value":r.toFixed(3)}" style="background:${r===null?"transparent":r<0?`rgba(47,111,222,${-r})`:`rgba(200,52,47,${r})`}"></td>`).join("")+"</tr>").join("")+"</table>";
          $("clusters").innerHTML=`<h2>Clusters of calls <span class=dim>k-means, seed ${A.seed}${A.silhouette===null?"":", silhouette "+A.silhouette.toFixed(2)}</span></h2>`+Array.from({length:A.clusters},(_,k)=>`<div>${k+1}: ${A.calls.filter(c=>c.cluster===k).map(c=>`<span title="${A.features.map((f,i)=>esc(f)+" "+(c.values[i]===null?"–":+c.values[i].toPrecision(4))).join(", ")}">${esc(c.name)}</span>`).join(", ")}</div>`).join("")}
        // Lanes: rows of each task by start
        const lanes=[],laneOf=new Map();for(let i=0;i<N;i++){let l=laneOf.get(tid[i]);if(l===undefined){laneOf.set(tid[i],l=lanes.length);lanes.push({tid:tid[i],rows:[]})}lanes[l].rows.push(i)}
        for(const l of lanes){l.rows=Uint32Array.from(l.rows);let sorted=true;for(let k=1;k<l.rows.length;k++)if(st[l.rows[k]]<st[l.rows[k-1]]){sorted=false;break}if(!sorted)l.rows.sort((a,b)=>st[a]-st[b])}
        lanes.sort((a,b)=>st[a.rows[0]]-st[b.rows[0]]);
        const LH=22,LEFT=130,tc=$("time");let v0=t0,v1=t1,sel=-1,call=-1;
        const fit=(c,h)=>{const r=devicePixelRatio||1,w=c.clientWidth;c.width=w*r;c.height=h*r;c.style.height=h+"px";const g=c.getContext("2d");g.scale(r,r);return[g,w]};
        const css=k=>getComputedStyle(document.documentElement).getPropertyValue(k);
        const first=(rows,t)=>{let a=0,b=rows.length;while(a<b){const m=a+b>>1;if(st[rows[m]]<t)a=m+1;else b=m}return a};
        function drawTime(){const h=Math.min(lanes.length,400)*LH+20,[g,w]=fit(tc,h),W=w-LEFT,k=W/(v1-v0),bad=css("--bad");g.font="11px ui-monospace,monospace";g.textBaseline="middle";
          lanes.slice(0,400).forEach((l,y)=>{const top=y*LH;g.fillStyle=css("--fg");g.fillText(l.tid+" "+(comm.get(l.tid)||""),2,top+LH/2,LEFT-6);
            g.fillStyle=css("--line");g.fillRect(LEFT,top+LH-1,W,1);let from=Math.max(0,first(l.rows,v0)-1);const seen=new Int32Array(2*names.length).fill(-1);
            for(let j=from;j<l.rows.length;j++){const i=l.rows[j],s=st[i];if(s>v1)break;const e=s+(du[i]||0);if(e<v0)continue;
              const x=Math.max(0,(s-v0)*k),x2=Math.min(W,(e-v0)*k),px=x|0,key=2*nm[i]+(er[i]?1:0);if(x2-x<1&&seen[key]===px)continue;seen[key]=px;
              g.globalAlpha=call<0||nm[i]===call?1:.18;g.fillStyle=er[i]?bad:hue(nm[i]);g.fillRect(LEFT+x,top+3,Math.max(1,x2-x),LH-7);
              if(x2-x>40){g.fillStyle="#fff";g.fillText(names[nm[i]],LEFT+x+3,top+LH/2-1,x2-x-6)}}
            g.globalAlpha=1});
          g.fillStyle=css("--dim");for(let q=0;q<=5;q++){const x=LEFT+W*q/5;g.fillText(ns(Math.round(v0-t0+(v1-v0)*q/5)),Math.min(x,w-70),h-9)}
          if(sel>=0){g.fillStyle=css("--hot");const x=LEFT+(st[sel]-v0)*k;if(x>=LEFT&&x<=w)g.fillRect(x,0,1,h-18)}}
        const hit=e=>{const r=tc.getBoundingClientRect(),x=e.clientX-r.left-LEFT,y=(e.clientY-r.top)/LH|0,l=lanes[y];if(!l||x<0)return-1;const k=(r.width-LEFT)/(v1-v0),t=v0+x/k;
          for(let j=Math.min(first(l.rows,t+2/k),l.rows.length-1);j>=0&&j>first(l.rows,t)-50;j--){const i=l.rows[j];if(st[i]<=t+2/k&&st[i]+(du[i]||0)>=t-2/k)return i}return-1};
        const P=D.places,where=i=>pl[i]<0?"":P[pl[i]][0],full=i=>pl[i]<0?"":"\n"+P[pl[i]][1];if(P.length)document.body.classList.add("places");
        const describe=i=>`${tid[i]} ${names[nm[i]]}(${shown(i)}) = ${rs[i]!==rs[i]?"?":rs[i]}${er[i]?" "+errs[er[i]]:""}  ${ns(du[i])}${full(i)}`;
        tc.addEventListener("wheel",e=>{e.preventDefault();const r=tc.getBoundingClientRect(),f=Math.max(0,Math.min(1,(e.clientX-r.left-LEFT)/(r.width-LEFT))),t=v0+f*(v1-v0),z=Math.exp(e.deltaY*.0015);
          const span=Math.max(100,Math.min(t1-t0,(v1-v0)*z));v0=Math.max(t0,Math.min(t1-span,t-f*span));v1=v0+span;later()},{passive:false});
        let drag=null;tc.addEventListener("mousedown",e=>drag={x:e.clientX,v0,v1});addEventListener("mouseup",()=>drag=null);
        tc.addEventListener("mousemove",e=>{if(drag){const d=(drag.x-e.clientX)/(tc.clientWidth-LEFT)*(drag.v1-drag.v0),s=drag.v1-drag.v0;v0=Math.max(t0,Math.min(t1-s,drag.v0+d));v1=v0+s;later();return}
          const i=hit(e),tip=$("tip");if(i<0){tip.style.display="none";return}tip.textContent=describe(i);tip.style.display="block";tip.style.left=Math.min(e.clientX+12,innerWidth-570)+"px";tip.style.top=e.clientY+14+"px"});
        tc.addEventListener("mouseleave",()=>$("tip").style.display="none");tc.addEventListener("click",e=>{const i=hit(e);if(i>=0)select(i,true)});
        tc.addEventListener("dblclick",()=>{v0=t0;v1=t1;later()});
        let asked=false;const later=()=>{if(!asked){asked=true;requestAnimationFrame(()=>{asked=false;drawTime();drawHeat()})}};
        // Calls
        const S=names.map((name,k)=>({k,name,calls:0,errors:0,total:0,max:0,hist:new Float64Array(44)}));
        for(let i=0;i<N;i++){const s=S[nm[i]];s.calls++;if(er[i])s.errors++;const d=du[i];if(d===d){s.total+=d;if(d>s.max)s.max=d;s.hist[Math.min(43,Math.floor(Math.log2(Math.max(1,d))))]++}}
        const quantile=(s,q)=>{let left=0;for(const c of s.hist)left+=c;left*=q;for(let b=0;b<44;b++){left-=s.hist[b];if(left<=0)return Math.min(s.max,2**(b+1))}return s.max};
        for(const s of S){s.mean=s.total/Math.max(1,s.calls);s.p50=quantile(s,.5);s.p99=quantile(s,.99)}
        const all=S.reduce((a,s)=>a+s.total,0)||1;let sumBy="total",sumUp=false;
        function drawSum(){const rows=S.filter(s=>s.calls).sort((a,b)=>(a[sumBy]<b[sumBy]?-1:a[sumBy]>b[sumBy]?1:0)*(sumUp?1:-1));
          const cols=[["name","call"],["calls","calls"],["errors","errors"],["total","total"],["mean","mean"],["p50","p50 ≤"],["p99","p99 ≤"],["max","max"]];
          $("sum").innerHTML="<table><thead><tr>"+cols.map(c=>`<th data-c=${c[0]}>${c[1]}${c[0]===sumBy?sumUp?" ↑":" ↓":""}</th>`).join("")+"<th></th></tr></thead><tbody>"+rows.map(s=>`<tr data-k=${s.k} class=${s.k===call?"on":""}><td><span style="color:${hue(s.k)}">■</span> ${esc(s.name)}</td><td>${s.calls.toLocaleString()}</td><td class=${s.errors?"bad":""}>${s.errors||""}</td>${["total","mean","p50","p99","max"].map(k=>`<td>${ns(Math.round(s[k]))}</td>`).join("")}<td style="width:90px"><div class=bar style="width:${Math.max(1,s.total/all*90)}px"></div></td></tr>`).join("")+"</tbody></table>"}
        $("sum").addEventListener("click",e=>{const h=e.target.closest("th"),r=e.target.closest("tr[data-k]");if(h&&h.dataset.c){sumUp=sumBy===h.dataset.c?!sumUp:h.dataset.c==="name";sumBy=h.dataset.c;drawSum()}
          else if(r){call=call===+r.dataset.k?-1:+r.dataset.k;$("which").textContent=call<0?"of all calls":"of "+names[call];drawSum();later();filter()}});
        // Heatmap: time by latency; histogram
        function drawHeat(){const H=150,[g,w]=fit($("heat"),H),X=Math.max(20,Math.min(240,(w-60)/4|0)),Y=24,lo=7,cells=new Float64Array(X*Y);let most=0;const hist=new Float64Array(Y);
          for(let i=0;i<N;i++){const d=du[i];if(d!==d||call>=0&&nm[i]!==call||st[i]<v0||st[i]>v1)continue;const y=Math.max(0,Math.min(Y-1,Math.floor(Math.log2(Math.max(1,d)))-lo)),x=Math.min(X-1,(st[i]-v0)/(v1-v0)*X|0),c=++cells[y*X+x];if(c>most)most=c;hist[y]++}
          const cw=(w-60)/X,ch=(H-14)/Y;g.fillStyle=css("--hot");for(let y=0;y<Y;y++)for(let x=0;x<X;x++){const c=cells[y*X+x];if(c){g.globalAlpha=.15+.85*Math.log(1+c)/Math.log(1+most);g.fillRect(60+x*cw,H-14-(y+1)*ch,Math.ceil(cw),Math.ceil(ch))}}
          g.globalAlpha=1;g.fillStyle=css("--dim");g.font="10px system-ui";for(let y=0;y<Y;y+=4)g.fillText(ns(2**(y+lo)),2,H-14-y*ch);g.fillText("time →",60,H-3);
          const HH=110,[f,fw]=fit($("hist"),HH),top=Math.max(1,...hist),bw=(fw-10)/Y;f.font="10px system-ui";
          for(let y=0;y<Y;y++){const b=(HH-26)*hist[y]/top;f.fillStyle=css("--hot");f.fillRect(5+y*bw,HH-16-b,bw-2,b);f.fillStyle=css("--dim");if(y%4===0)f.fillText(ns(2**(y+lo)),5+y*bw,HH-4);if(hist[y]&&bw>22)f.fillText(hist[y]>9999?(hist[y]/1e3|0)+"k":hist[y],5+y*bw,HH-18-b)}}
        // Table: only what is in sight has elements
        const RH=22,MAX=1.2e7,sc=$("scroll"),pad=$("pad");let order=new Uint32Array(N),count=N,by="start",up=true;
        const cols=[["start","start"],["tid","tid"],["comm","command"],["name","call"],["args","arguments"],["result","result"],["dur","duration"]];if(P.length)cols.push(["place","where"]);
        function heads(){$("cols").innerHTML=cols.map(c=>`<span data-c=${c[0]} class="${c[0]==="dur"||c[0]==="start"?"r":""}">${c[1]}${c[0]===by?up?" ↑":" ↓":""}</span>`).join("")}
        function sort(){const o=order.subarray(0,count),s=up?1:-1;
          const rank=list=>{const r=new Float64Array(list.length);[...list.keys()].sort((a,b)=>list[a]<list[b]?-1:1).forEach((k,i)=>r[k]=i);return r};
          let key;if(by==="start")key=st;else if(by==="dur")key=du;else if(by==="result")key=rs;else if(by==="tid")key=tid;
          else if(by==="name"){const r=rank(names);key={get:i=>r[nm[i]]}}else if(by==="place"){const r=rank(P.map(p=>p[0]));key={get:i=>pl[i]<0?-1:r[pl[i]]}}else if(by==="comm"){key={get:i=>tid[i]}}else key=null;
          if(key===null){const text=new Map(),get=i=>{let t=text.get(i);if(t===undefined)text.set(i,t=args(i).slice(0,80));return t};o.sort((a,b)=>{const x=get(a),y=get(b);return x<y?-s:x>y?s:a-b})}
          else{const k=new Float64Array(N);for(const i of o){const v=key.get?key.get(i):key[i];k[i]=v!==v?-1:v}o.sort((a,b)=>(k[a]-k[b])*s||a-b)}draw()}
        function filter(){const words=$("find").value.trim().split(/\s+/).filter(Boolean),tests=[];
          for(const w of words){let m;if(m=/^tid:(\d+)$/.exec(w)){const t=+m[1];tests.push(i=>tid[i]===t)}
            else if(m=/^name:(.+)$/.exec(w)){const ok=names.map(x=>x.includes(m[1]));tests.push(i=>ok[nm[i]])}
            else if(m=/^err:(.+)$/.exec(w)){const ok=errs.map(x=>x.includes(m[1].toUpperCase()));tests.push(i=>er[i]&&ok[er[i]])}
            else if(m=/^dur([<>])([\d.]+)(ns|us|ms|s)?$/.exec(w)){const v=m[2]*({ns:1,us:1e3,ms:1e6,s:1e9}[m[3]||"us"]);tests.push(m[1]===">"?i=>du[i]>v:i=>du[i]<v)}
            else{const ok=names.map(x=>x.includes(w)),oe=errs.map(x=>x&&x.includes(w));tests.push(i=>ok[nm[i]]||oe[er[i]]||(comm.get(tid[i])||"").includes(w)||args(i).includes(w)||full(i).includes(w))}}
          if(call>=0)tests.push(i=>nm[i]===call);count=0;outer:for(let i=0;i<N;i++){for(const t of tests)if(!t(i))continue outer;order[count++]=i}sort()}
        function draw(){const h=count*RH,ph=Math.min(h,MAX);pad.style.height=ph+"px";heads();$("shown").textContent=`${count.toLocaleString()} of ${N.toLocaleString()}`;rows()}
        function rows(){const h=count*RH,ph=Math.min(h,MAX),view=sc.clientHeight,y=sc.scrollTop,f=h>ph?(h-view)/Math.max(1,ph-view):1,from=Math.floor(y*f/RH),out=[];
          for(let r=from;r<Math.min(count,from+Math.ceil(view/RH)+2);r++){const i=order[r],top=y+(r*RH-y*f);
            out.push(`<div class="row${i===sel?" on":""}" data-i=${i} style="top:${top}px"><span class=r>${((st[i]-t0)/1e6).toFixed(3)} ms</span><span>${tid[i]}</span><span>${esc(comm.get(tid[i])||"")}</span><span style="color:${hue(nm[i])}">${esc(names[nm[i]])}</span><span title="${esc(shown(i))}">${esc(shown(i))}</span><span class=${er[i]?"bad":""}>${rs[i]!==rs[i]?"?":er[i]?errs[er[i]]:rs[i]>65535&&rs[i]%4096===0?"0x"+rs[i].toString(16):rs[i]}</span><span class=r>${ns(du[i])}</span>${P.length?`<span title="${esc(full(i).trim())}">${esc(where(i))}</span>`:""}</div>`)}
          pad.innerHTML=out.join("")}
        function select(i,scroll){sel=i;if(scroll){const r=order.subarray(0,count).indexOf(i),h=count*RH,ph=Math.min(h,MAX);if(r>=0)sc.scrollTop=h>ph?r*RH/h*ph:r*RH-100}
          else if(st[i]<v0||st[i]>v1){const s=v1-v0;v0=Math.max(t0,st[i]-s/2);v1=v0+s}later();rows()}
        sc.addEventListener("scroll",()=>requestAnimationFrame(rows));sc.addEventListener("click",e=>{const r=e.target.closest(".row");if(r)select(+r.dataset.i,false)});
        $("cols").addEventListener("click",e=>{const c=e.target.dataset.c;if(c){up=by===c?!up:c!=="dur";by=c;sort()}});
        let wait;$("find").addEventListener("input",()=>{clearTimeout(wait);wait=setTimeout(filter,120)});
        addEventListener("resize",later);drawSum();filter();drawTime();drawHeat();document.documentElement.dataset.ready=N;
        </script></body></html>

        """#
}
