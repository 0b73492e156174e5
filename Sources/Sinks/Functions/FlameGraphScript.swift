/// What makes the picture answer in a browser.
enum FlameGraphScript {
    /// Without a script they do nothing, and other programs leave out what is not SVG.
    static let controls: StaticString = #"""
        <text id="reset" x="10" y="46">⟲ show all</text>
        <foreignObject x="920" y="30" width="270" height="26"><input xmlns="http://www.w3.org/1999/xhtml" id="find" placeholder="find a function (regular expression)"/></foreignObject>

        """#

    static let script: StaticString = #"""
        <script><![CDATA[
        "use strict";
        const svg=document.documentElement,$=id=>document.getElementById(id),frames=[...document.querySelectorAll(".f")],all={x:0,w:+frames[0].dataset.w||1};
        for(const f of frames){f.X=+f.dataset.x;f.W=+f.dataset.w;f.D=+f.dataset.d;f.T=f.querySelector("title").textContent;f.N=f.T.replace(/ \((\d+ (call|sample)s?, )?[\d.]+ \S+, [\d.]+ %\)$/,"");f.R=f.querySelector("rect");f.L=f.querySelector("text")}
        const rest=$("details").textContent,LEFT=10,ROOM=1180;let view=all,depth=0;
        function draw(){const k=ROOM/view.w;
          for(const f of frames){const below=f.D>=depth,inside=f.X+f.W>view.x&&f.X<view.x+view.w&&(below||f.X<=view.x&&f.X+f.W>=view.x+view.w);
            f.style.display=inside?"":"none";if(!inside)continue;f.classList.toggle("faint",!below);
            const x=Math.max(0,(f.X-view.x)*k),w=Math.max(Math.min(ROOM-x,(f.X+f.W-view.x)*k-x),.3);f.R.setAttribute("x",LEFT+x);f.R.setAttribute("width",w);f.L.setAttribute("x",LEFT+x+3);
            const n=Math.floor(w/7.3)-1;f.L.textContent=n<3?"":f.N.length<=n?f.N:f.N.slice(0,n-1)+"…"}
          $("reset").style.display=view===all?"none":"block"}
        function zoom(f){view=f&&f.D>0&&f.W>0?{x:f.X,w:f.W}:all;depth=view===all?0:f.D;draw()}
        function find(words){let test=null;try{test=words?new RegExp(words,"i"):null}catch(e){$("matched").textContent="not a regular expression";return}
          const hits=[];for(const f of frames){const hit=!!test&&test.test(f.N);f.classList.toggle("match",hit);if(hit)hits.push(f)}
          hits.sort((a,b)=>a.X-b.X||b.W-a.W);let end=-1,sum=0;for(const f of hits)if(f.X>=end){sum+=f.W;end=f.X+f.W}
          $("matched").textContent=test?`matched: ${(sum*100/all.w).toFixed(2)} % of the time`:""}
        svg.addEventListener("click",e=>{const f=e.target.closest(".f");if(f)zoom(f);else if(e.target.closest("#reset"))zoom(null)});
        svg.addEventListener("mouseover",e=>{const f=e.target.closest(".f");$("details").textContent=f?f.T:rest});
        $("find").addEventListener("input",e=>find(e.target.value.trim()));
        addEventListener("keydown",e=>{if((e.ctrlKey||e.metaKey)&&e.key==="f"){e.preventDefault();$("find").focus()}else if(e.key==="Escape"){$("find").value="";find("");zoom(null)}});
        draw();svg.dataset.ready=frames.length;
        ]]></script>

        """#
}
